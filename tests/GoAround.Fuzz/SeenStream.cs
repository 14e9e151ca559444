using System.Collections.Generic;

namespace GoAround.Fuzz;

/// <summary>What a reader found in all the bytes of one connection.</summary>
/// <param name="Requests">Those that are whole, in order.</param>
/// <param name="End">Why there are no more.</param>
/// <param name="Partial">The request whose head is whole and whose body is not; null where there is none.</param>
internal sealed record SeenStream(IReadOnlyList<SeenRequest> Requests, StreamEnd End, SeenRequest? Partial);
