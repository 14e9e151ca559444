using System;
using GoAround.Core.Http;

namespace GoAround.Testing;

/// <summary>One request as it came over a stream, framing taken off.</summary>
internal sealed record RequestText(string Method, string Target, string Authority, FieldList Fields, ReadOnlyMemory<byte> Body, bool KeepsAlive);
