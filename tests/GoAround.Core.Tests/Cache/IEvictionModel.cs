namespace GoAround.Core.Tests.Cache;

/// <summary>A way to choose what to keep, without the bytes.</summary>
public interface IEvictionModel
{
    /// <summary>Looks an object up, and takes it in where it was not there; returns whether it was.</summary>
    bool Request(int id, int bytes);
}
