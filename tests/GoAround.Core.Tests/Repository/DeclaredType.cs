namespace GoAround.Core.Tests.Repository;

/// <summary>A type declared in a source.</summary>
/// <param name="Name">Its name without type parameters.</param>
/// <param name="IsNested">It stands inside another type.</param>
internal readonly record struct DeclaredType(string Name, bool IsNested);
