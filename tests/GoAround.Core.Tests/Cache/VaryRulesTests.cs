using System.Linq;
using GoAround.Core.Cache;
using Xunit;

namespace GoAround.Core.Tests.Cache;

/// <summary>RFC 9111 §4.1, RFC 9110 §12.5.5.</summary>
public class VaryRulesTests
{
    [Theory]
    [InlineData("", VaryKind.None, "")]
    [InlineData("Vary:", VaryKind.None, "")]
    [InlineData("Vary: ,", VaryKind.None, "")]
    [InlineData("Vary: Foo", VaryKind.Fields, "foo")]
    [InlineData("Vary: foo, Bar,FOO\nVary: baz, bar", VaryKind.Fields, "bar,baz,foo")]
    [InlineData("Vary: b, a, ab, c", VaryKind.Fields, "a,ab,b,c")]
    [InlineData("Vary: *", VaryKind.Everything, "")]
    [InlineData("Vary: foo, *", VaryKind.Everything, "")]
    [InlineData("Vary: *, foo", VaryKind.Everything, "")]
    [InlineData("Vary: foo\nVary: *", VaryKind.Everything, "")]
    [InlineData("Vary: foo bar", VaryKind.Everything, "")]
    [InlineData("Vary: \"foo\"", VaryKind.Everything, "")]
    [InlineData("Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p", VaryKind.Fields, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p")]
    [InlineData("Vary: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q", VaryKind.TooMany, "")]
    public void The_names_are_read_from_all_lines(string lines, object kind, string expected)
    {
        KeyBuffer names = default;
        Assert.Equal((VaryKind)kind, VaryRules.Read(Said.Fields(lines), ref names));
        Assert.Equal(expected, Said.Text(names.Span));
    }

    [Theory]
    [InlineData(513)]
    [InlineData(600)]
    public void A_name_that_is_too_long_is_too_many(int length)
    {
        KeyBuffer names = default;
        Assert.Equal(VaryKind.TooMany, VaryRules.Read(Said.Fields("Vary: a, " + new string('x', length)), ref names));
        Assert.Equal(0, names.Length);
    }

    [Theory]
    [InlineData("foo", "", "|foo")]
    [InlineData("foo", "Foo:", "|foo:")]
    [InlineData("foo", "Foo: 1", "|foo:1")]
    [InlineData("foo", "Foo: 1\nBar: 2\nFOO: 2", "|foo:1,2")]
    [InlineData("foo", "Foo: 1 , 2,,3 ,", "|foo:1,2,3")]
    [InlineData("foo", "Foo: a  b", "|foo:a  b")]
    [InlineData("foo", "Foo: \"a , b\", c", "|foo:\"a , b\", c")]
    [InlineData("foo", "Foo: ABC", "|foo:ABC")]
    [InlineData("bar,foo", "Foo: 1", "|bar|foo:1")]
    [InlineData("accept-encoding", "Accept-Encoding: GZip, br", "|accept-encoding:br,gzip")]
    [InlineData("accept-encoding", "Accept-Encoding: br\nAccept-Encoding: gzip", "|accept-encoding:br,gzip")]
    [InlineData("accept-encoding", "Accept-Encoding: br;q=1.0, gzip; q=0.80 ,identity;q=0.000", "|accept-encoding:br,gzip;q=0.8,identity;q=0")]
    [InlineData("accept-language", "Accept-Language: en, de", "|accept-language:en,de")]
    [InlineData("accept-language", "Accept-Language: DE , en", "|accept-language:de,en")]
    [InlineData("accept-language", "Accept-Language: fr;q=0.5, b;q=0.50, a, c;q=0.501", "|accept-language:a,c;q=0.501,fr;q=0.5,b;q=0.5")]
    [InlineData("accept-language", "Accept-Language: de;Q=0.5, EN;q=1", "|accept-language:en,de;q=0.5")]
    [InlineData("accept-language", "Accept-Language: de;q=0.5;x, en", "|accept-language:en,de;q=0.5;x")]
    [InlineData("accept-language", "Accept-Language: de;q=2, en", "|accept-language:de;q=2,en")]
    [InlineData("accept-language", "Accept-Language: de;q=0.1234, aa", "|accept-language:de;q=0.1234,aa")]
    [InlineData("accept", "Accept: Text/HTML;Level=1;q=1, */*;q=0.1", "|accept:text/html;level=1,*/*;q=0.1")]
    [InlineData("accept", "Accept: b/b, a/a", "|accept:b/b,a/a")]
    [InlineData("accept", "Accept: text/html;a=\"X\", b/c", "|accept:text/html;a=\"X\", b/c")]
    public void What_means_the_same_selects_the_same(string names, string lines, string expected) => Assert.Equal(expected, Selection(names, lines));

    [Fact]
    public void A_field_that_is_absent_is_another_than_one_that_is_empty() => Assert.NotEqual(Selection("foo", ""), Selection("foo", "Foo:"));

    [Fact]
    public void A_long_list_stays_as_it_is()
    {
        string list = string.Join(',', Enumerable.Range(0, 40).Select(i => "x" + (99 - i)));
        Assert.Equal("|accept:" + list, Selection("accept", "Accept: " + list));
        string wide = "b," + new string('a', 1100);
        Assert.Equal("|accept:" + wide, Selection("accept", "Accept: " + wide));
    }

    private static string Selection(string names, string lines)
    {
        KeyBuffer key = default;
        VaryRules.AppendSelection(ref key, Said.Bytes(names), Said.Fields(lines));
        return Said.Text(key.Span);
    }
}
