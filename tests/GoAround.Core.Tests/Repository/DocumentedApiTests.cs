using System;
using System.Linq;
using System.Threading.Tasks;
using GoAround.Testing;
using Xunit;

namespace GoAround.Core.Tests.Repository;

/// <summary>What a machine can hold of the rule that every public member is documented with its shape, unit, range, default, errors and source.</summary>
public class DocumentedApiTests
{
    [Theory]
    [InlineData(typeof(ProxyHandler))]
    [InlineData(typeof(TestBalancer))]
    public void Every_public_member_tells_what_it_is_for_its_parameters_and_what_it_throws(Type some)
    {
        string faults = string.Join('\n', DocumentedApi.Faults(some.Assembly.GetTypes(), XmlDocs.Of(some.Assembly)));

        Assert.True(faults.Length == 0, $"The XML documentation has faults:\n{faults}");
    }

    [Fact]
    public void Each_fault_is_found_and_what_is_no_fault_is_not()
    {
        const string Name = "GoAround.Core.Tests.Repository.DocumentedApiTests.Sample";
        string[] expected =
        [
            $"M:{Name}.#ctor(System.String): throws ArgumentNullException, and does not tell",
            $"M:{Name}.Adopted: inherits documentation, and there is none to inherit",
            $"M:{Name}.GuardedElsewhere(System.String): throws ArgumentNullException, and does not tell",
            $"M:{Name}.GuardedElsewhere(System.String): throws FormatException, and does not tell",
            $"M:{Name}.LaterAsync(System.String): throws InvalidOperationException, and does not tell",
            $"M:{Name}.Silent: no summary",
            $"M:{Name}.TakesTwo(System.Int32,System.Int32): nothing of parameter second",
            $"P:{Name}.Number: throws ArgumentOutOfRangeException, and does not tell",
        ];

        Assert.Equal(string.Join("\n", expected.Order(StringComparer.Ordinal)), string.Join("\n", DocumentedApi.Faults([typeof(Sample), typeof(Hidden)], XmlDocs.Of(typeof(Sample).Assembly))));
    }

    /// <summary>A sample of what the rules meet.</summary>
#pragma warning disable CA1822, CA1024 // faulty on purpose
    public class Sample : IDisposable
    {
        private int _number;

        /// <summary>Guards its argument in silence.</summary>
        /// <param name="text">Text.</param>
        public Sample(string text)
        {
            ArgumentNullException.ThrowIfNull(text);
        }

        /// <summary>Has a range that it does not tell.</summary>
        public int Number
        {
            get => _number;
            set
            {
                ArgumentOutOfRangeException.ThrowIfNegative(value);
                _number = value;
            }
        }

        public void Silent()
        {
        }

        /// <summary>Tells of one.</summary>
        /// <param name="first">The first.</param>
#pragma warning disable CS1573 // the fault that is to be found
        public int TakesTwo(int first, int second) => first + second;
#pragma warning restore CS1573

        /// <summary>Throws behind its first wait.</summary>
        /// <param name="text">Text.</param>
        public async Task LaterAsync(string text)
        {
            await Task.Yield();
            throw new InvalidOperationException(text);
        }

        /// <summary>Leaves the guards to others.</summary>
        /// <param name="text">Text.</param>
        public int GuardedElsewhere(string text) => Guard(text);

        /// <summary>Throws what is of the kind it tells.</summary>
        /// <param name="text">Text.</param>
        /// <exception cref="ArgumentException">Always.</exception>
        public void Honest(string text) => throw new ArgumentOutOfRangeException(text);

        /// <inheritdoc/>
        public int Adopted() => 1;

        /// <inheritdoc/>
        public void Dispose() => GC.SuppressFinalize(this);

        internal void Unseen(string text) => ArgumentNullException.ThrowIfNull(text);

        private static int Guard(string text)
        {
            ArgumentNullException.ThrowIfNull(text);
            return text.Length > 0 ? 1 : throw new FormatException();
        }
    }
#pragma warning restore CA1822, CA1024

    private sealed class Hidden;
}
