using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Repository;

public class PublicApiTests
{
    [Theory]
    [InlineData(typeof(ProxyHandler))]
    [InlineData(typeof(TestBalancer))]
    public void Public_api_is_the_one_that_is_checked_in(Type some)
    {
        string baseline = $"src/{some.Assembly.GetName().Name}/PublicApi.txt";
        IReadOnlyList<string> actual = PublicApi.Describe(some.Assembly.GetTypes());
        string path = RepositoryFiles.PathOf(baseline);
        if (Environment.GetEnvironmentVariable("GOAROUND_ACCEPT_API") == "1")
        {
            File.WriteAllLines(path, actual);
        }

        string[] accepted = File.Exists(path) ? File.ReadAllLines(path) : [];
        string difference = Compare(accepted, actual);

        Assert.True(difference.Length == 0, $"The public API is not that of {baseline}. Wanted? GOAROUND_ACCEPT_API=1 make test, and commit the file.\n{difference}");
    }

    [Fact]
    public void Difference_shows_what_went_and_what_came()
    {
        Assert.Equal("- A.Old() -> void\n+ A.New() -> void", Compare(["A.Old() -> void", "A.Same() -> void"], ["A.New() -> void", "A.Same() -> void"]));
        Assert.Equal("", Compare(["A"], ["A"]));
    }

    [Fact]
    public void Every_member_a_user_can_see_is_described_and_no_other()
    {
        const string Name = "GoAround.Core.Tests.Repository.PublicApiTests.Sample<T>";
        string[] expected =
        [
            $"{Name}: abstract class : Exception, IAsyncDisposable",
            $"{Name}.const Limit = 3 -> int",
            $"{Name}.protected new(T first, string? second = default)",
            $"{Name}.abstract Find<TKey>(TKey key, out string? found) -> ValueTask<List<string?>>",
            $"{Name}.protected virtual Turn(params int[] angles) -> void",
            $"{Name}.override ToString() -> string",
            $"{Name}.static Make(in int? seed, bool isNew = true) -> PublicApiTests.Sample<string>",
            $"{Name}.Size {{ required; get; init; }} -> long?",
            $"{Name}.Item[int index] {{ get; protected set; }} -> string",
            $"{Name}.event Turned -> EventHandler?",
            $"{Name}.DisposeAsync() -> ValueTask",
        ];

        Assert.Equal(string.Join("\n", expected.Order(StringComparer.Ordinal)), string.Join("\n", PublicApi.Describe([typeof(Sample<>), typeof(Hidden)])));
    }

    private static string Compare(IReadOnlyCollection<string> accepted, IReadOnlyCollection<string> actual) => string.Join('\n',
    [
        .. accepted.Except(actual).Select(line => "- " + line),
        .. actual.Except(accepted).Select(line => "+ " + line),
    ]);

#pragma warning disable CA1000, CA1710, CA1816, CS0067 // a sample of what the writer meets
    public abstract class Sample<T> : Exception, IAsyncDisposable
    {
        public const int Limit = 3;

        protected Sample(T first, string? second = null)
        {
            (First, _second) = (first, second);
        }

        public event EventHandler? Turned;

        public required long? Size { get; init; }

        internal T First { get; }

        private readonly string? _second;

        public string this[int index]
        {
            get => _second ?? "";
            protected set => _ = value;
        }

        public abstract ValueTask<List<string?>> Find<TKey>(TKey key, out string? found);

        public static Sample<string> Make(in int? seed, bool isNew = true) => throw new NotSupportedException();

        public override string ToString() => "";

        public ValueTask DisposeAsync() => default;

        protected virtual void Turn(params int[] angles)
        {
        }
    }
#pragma warning restore CA1000, CA1710, CA1816, CS0067

    private sealed class Hidden;
}
