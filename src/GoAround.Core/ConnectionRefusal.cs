namespace GoAround.Core;

/// <summary>Why a client's connection was closed as soon as it was accepted.</summary>
public enum ConnectionRefusal
{
    /// <summary>The client's address has as many connections as one may have.</summary>
    TooManyOfClient,
}
