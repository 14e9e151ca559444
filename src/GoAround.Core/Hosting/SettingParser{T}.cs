using System.Diagnostics.CodeAnalysis;

namespace GoAround.Core.Hosting;

/// <summary>Reads the text of a setting; false where it is none of its shape.</summary>
/// <typeparam name="T">What the setting is.</typeparam>
internal delegate bool SettingParser<T>(string text, [MaybeNullWhen(false)] out T value);
