using System.Collections.Generic;

namespace GoAround.Profile;

/// <summary>What the runtime counted at one place of a method.</summary>
/// <param name="Kind">The runtime's `PgoInstrumentationKind`: what is counted, and in its lowest four bits how a datum is written.</param>
/// <param name="Offset">Where, in the method's IL.</param>
/// <param name="Count">How many data.</param>
/// <param name="Other">Depends on the kind: of an edge, where it leads.</param>
/// <param name="Data">As the runtime wrote them, a line each.</param>
internal sealed record Counter(int Kind, int Offset, int Count, int Other, List<string> Data)
{
    /// <summary>Its data are four bytes long.</summary>
    public bool IsShort => Form == 1;

    /// <summary>Its data are numbers.</summary>
    public bool IsNumber => Form is 1 or 2;

    /// <summary>Its data are names of types.</summary>
    public bool IsType => Form == 3;

    /// <summary>Its data are names of methods.</summary>
    public bool IsMethod => Form == 4;

    private int Form => Kind & 0xF;
}
