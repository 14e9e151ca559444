using System;

namespace GoAround.Core.Outgoing;

/// <summary>What calls that go out need to know.</summary>
/// <param name="Time">The clock of their deadlines.</param>
/// <param name="Events">Told what becomes of them.</param>
/// <param name="ReplayBufferBytes">Bytes of a content that does not lie in memory that are kept for a second try.</param>
internal sealed record OutgoingOptions(TimeProvider Time, ProxyEvents Events, int ReplayBufferBytes);
