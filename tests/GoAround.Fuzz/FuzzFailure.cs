using System;

namespace GoAround.Fuzz;

/// <summary>A property that an input broke.</summary>
internal sealed class FuzzFailure(string message, Exception? inner = null) : Exception(message, inner);
