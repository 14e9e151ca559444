namespace GoAround.Core.Upstream;

/// <summary>Why an exchange was cut from this side.</summary>
internal enum Interruption
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>Nobody wants the response any more.</summary>
    ClientLeft,

    /// <summary>The request's body cannot be read.</summary>
    ClientFault,

    /// <summary>The backend said nothing for too long.</summary>
    TimedOut,

    /// <summary>The backend did not take the request's body for too long.</summary>
    NotTaken,
}
