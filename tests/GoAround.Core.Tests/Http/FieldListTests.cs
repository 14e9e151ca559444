using System;
using System.Text;
using GoAround.Core.Http;
using Xunit;

namespace GoAround.Core.Tests.Http;

public class FieldListTests
{
    [Fact]
    public void Lines_keep_their_order_and_duplicates()
    {
        FieldList fields = new();
        fields.Add("A", "1");
        fields.Add("B"u8, ""u8);
        fields.Add("a", "2");
        Assert.Equal(3, fields.Count);
        Assert.Equal("A: 1\r\nB: \r\na: 2\r\n", fields.ToString());
        Assert.Equal("1", fields["a"]);
        Assert.Null(fields["c"]);
        Assert.True(fields.Contains("b"u8));
    }

    [Fact]
    public void Set_replaces_every_line_of_a_name_by_one_at_the_end()
    {
        FieldList fields = new();
        fields.Add("A", "1");
        fields.Add("B", "2");
        fields.Add("a", "3");
        fields.Set("A", "4");
        Assert.Equal("B: 2\r\nA: 4\r\n", fields.ToString());
    }

    [Fact]
    public void Remove_takes_out_every_line_of_a_name()
    {
        FieldList fields = new();
        fields.Add("A", "1");
        fields.Add("B", "2");
        fields.Add("a", "3");
        Assert.Equal(2, fields.Remove("A"u8));
        Assert.Equal(0, fields.Remove("A"u8));
        Assert.Equal("B: 2\r\n", fields.ToString());
    }

    [Theory]
    [InlineData("", "x")]
    [InlineData("a b", "x")]
    [InlineData("a:", "x")]
    [InlineData("a\r\nb", "x")]
    [InlineData("\u00e9", "x")]
    [InlineData("a", "x\r\nb: c")]
    [InlineData("a", "x\n")]
    [InlineData("a", "\0")]
    public void A_line_that_could_not_stand_on_the_wire_is_refused(string name, string value)
    {
        FieldList fields = new();
        Assert.Throws<ArgumentException>(() => fields.Add(name, value));
        Assert.Throws<ArgumentException>(() => fields.Set(name, value));
        Assert.Equal(0, fields.Count);
    }

    [Fact]
    public void Values_are_latin_1_so_that_no_byte_is_lost()
    {
        FieldList fields = new();
        fields.Add("A", "\u00e9\u00ff");
        Assert.True(fields.TryGet("A"u8, out ReadOnlySpan<byte> value));
        Assert.Equal([0xe9, 0xff], value.ToArray());
        Assert.Equal("\u00e9\u00ff", fields["A"]);
    }

    [Fact]
    public void Borrowed_lines_follow_the_buffer_and_copies_do_not()
    {
        byte[] wire = Encoding.ASCII.GetBytes("Name: one\r\n");
        FieldList fields = new();
        fields.AddBorrowed(0, 4, 6, 3, KnownField.Other);
        fields.Borrow(wire);
        FieldList copy = new();
        fields.CopyTo(copy);
        Encoding.ASCII.GetBytes("Name: two\r\n").CopyTo(wire, 0);
        Assert.Equal("two", fields["name"]);
        Assert.Equal("one", copy["name"]);
        fields.Borrow(Encoding.ASCII.GetBytes("Eman: six\r\n"));
        Assert.Equal("six", fields["eman"]);
    }

    [Fact]
    public void A_list_is_not_copied_into_itself()
    {
        FieldList fields = new();
        fields.Add("A", "1");
        Assert.Throws<ArgumentException>("destination", () => fields.CopyTo(fields));
        Assert.Equal("A: 1\r\n", fields.ToString());
    }

    [Fact]
    public void Many_and_long_lines_make_the_list_grow()
    {
        FieldList fields = new();
        for (int i = 0; i < 100; i++)
        {
            fields.Add($"Name-{i}", new string('v', i * 10));
        }

        Assert.Equal(100, fields.Count);
        Assert.Equal(new string('v', 990), fields["name-99"]);
        Assert.Equal("", fields["name-0"]);
        fields.Clear();
        Assert.Equal(0, fields.Count);
        Assert.Equal("", fields.ToString());
    }

    [Fact]
    public void A_line_is_taken_by_its_position()
    {
        FieldList fields = new();
        fields.Add("A", "1");
        fields.Add("Host", "2");
        Assert.Equal("Host", Feed.Text(fields[1].Name));
        Assert.Equal("2", Feed.Text(fields[1].Value));
        Assert.Equal(KnownField.Host, fields[1].Known);
        Assert.Throws<ArgumentOutOfRangeException>(() => fields[2].Known);
        Assert.Throws<ArgumentOutOfRangeException>(() => fields[-1].Known);
        fields.RemoveAt(0);
        Assert.Equal("Host: 2\r\n", fields.ToString());
    }

    [Fact]
    public void A_value_of_the_list_can_be_set_again()
    {
        FieldList fields = new();
        fields.Add("A", new string('x', 200));
        fields.Set(fields[0].Name, fields[0].Value);
        Assert.Equal(new string('x', 200), fields["a"]);
    }
}
