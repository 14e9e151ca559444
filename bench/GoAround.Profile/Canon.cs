namespace GoAround.Profile;

/// <summary>Stands for `System.__Canon`, by which the runtime names every class where generic code is shared; reflection does not give that one.</summary>
internal sealed class Canon;
