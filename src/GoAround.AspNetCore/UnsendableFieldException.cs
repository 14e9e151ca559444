using System;

namespace GoAround.AspNetCore;

/// <summary>A response has a field that the server would not send.</summary>
/// <param name="name">Of the field.</param>
internal sealed class UnsendableFieldException(string name) : Exception($"The server does not send the field {name} as it is.")
{
    /// <summary>Of the field.</summary>
    public string Name => name;
}
