using Xunit;

namespace GoAround.Core.Tests.Repository;

public class SourceTextTests
{
    [Theory]
    [InlineData("a // b\nc", "a     \nc", "  // b\n ")]
    [InlineData("a /* b\n */ c", "a     \n    c", "  /* b\n */  ")]
    [InlineData("a \"// b\" c", "a \"    \" c", "          ")]
    [InlineData("a \"\\\"b\" c", "a \"   \" c", "         ")]
    [InlineData("a '\"' b", "a ' ' b", "       ")]
    [InlineData("a '\\'' b", "a '  ' b", "        ")]
    [InlineData("a @\"\\\" b", "a @\" \" b", "        ")]
    [InlineData("a @\"b\"\"c\" d", "a @\"    \" d", "           ")]
    [InlineData("a @class b", "a @class b", "          ")]
    [InlineData("$\"x{a}y\" b", "$\"  a  \" b", "          ")]
    [InlineData("$\"x{{a}}\" b", "$\"      \" b", "           ")]
    [InlineData("$\"{(a ? \"{\" : b)}\" c", "$\" (a ? \" \" : b) \" c", "                    ")]
    [InlineData("\"\"\"a\"b\"\"\" c", "\"\"\"   \"\"\" c", "           ")]
    [InlineData("$$\"\"\"{a}{{b}}\"\"\" c", "$$\"\"\"     b  \"\"\" c", "                  ")]
    [InlineData("\"\" a", "\"\" a", "    ")]
    [InlineData("\"unfinished", "\"          ", "           ")]
    public void Code_comments_and_literals_are_told_apart(string text, string code, string comments)
    {
        Assert.Equal((code, comments), SourceText.Split(text));
    }
}
