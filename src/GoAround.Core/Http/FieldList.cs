using System;
using System.Collections.Generic;
using System.Text;

namespace GoAround.Core.Http;

/// <summary>
/// The fields of a head or the trailers of a body (RFC 9110 §5): in order, duplicates kept, names compared without
/// regard to case, values opaque bytes. Reused from message to message; not safe for concurrent use.
/// </summary>
/// <remarks>A line either borrows its bytes from the buffer the head was received in, or has its own copy here.</remarks>
public sealed class FieldList
{
    private const int InitialLines = 16;

    private Line[] _lines = new Line[InitialLines];
    private int _count;
    private ReadOnlyMemory<byte> _wire;
    private byte[] _own = [];
    private int _ownLength;

    /// <summary>How many field lines there are; two lines of one name count as two.</summary>
    public int Count => _count;

    /// <summary>The line at a position; lent until the list changes.</summary>
    /// <param name="index">0..<see cref="Count"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such line.</exception>
    public FieldLine this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
            ref readonly Line line = ref _lines[index];
            return new FieldLine(NameOf(in line), ValueOf(in line), line.Known);
        }
    }

    /// <summary>The first value of a name as text (Latin-1, so that no byte is lost), or null where there is no line of it.</summary>
    /// <param name="name">In any case of letters.</param>
    /// <exception cref="ArgumentNullException">The name is null.</exception>
    public string? this[string name] => TryGet(Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> value) ? Encoding.Latin1.GetString(value) : null;

    /// <summary>Adds a line at the end; both are copied.</summary>
    /// <param name="name">A token of at most 65535 bytes (RFC 9110 §5.6.2).</param>
    /// <param name="value">Any bytes but control bytes other than HTAB (RFC 9110 §5.5).</param>
    /// <exception cref="ArgumentException">The name or the value could not stand on the wire.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        FieldSyntax.ThrowIfInvalid(name, value);
        AddOwn(name, value, FieldNames.Recognise(name));
    }

    /// <summary>Adds a line at the end, from text (Latin-1).</summary>
    /// <param name="name">A token of at most 65535 characters (RFC 9110 §5.6.2).</param>
    /// <param name="value">No control characters but HTAB (RFC 9110 §5.5); one outside Latin-1 becomes a question mark.</param>
    /// <exception cref="ArgumentException">The name or the value could not stand on the wire.</exception>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public void Add(string name, string value) => Add(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value));

    /// <summary>Replaces every line of this name by one at the end.</summary>
    /// <param name="name">A token of at most 65535 bytes (RFC 9110 §5.6.2).</param>
    /// <param name="value">Any bytes but control bytes other than HTAB (RFC 9110 §5.5).</param>
    /// <exception cref="ArgumentException">The name or the value could not stand on the wire.</exception>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        FieldSyntax.ThrowIfInvalid(name, value);
        Remove(name);
        AddOwn(name, value, FieldNames.Recognise(name));
    }

    /// <summary>Replaces every line of this name by one at the end, from text (Latin-1).</summary>
    /// <param name="name">A token of at most 65535 characters (RFC 9110 §5.6.2).</param>
    /// <param name="value">No control characters but HTAB (RFC 9110 §5.5); one outside Latin-1 becomes a question mark.</param>
    /// <exception cref="ArgumentException">The name or the value could not stand on the wire.</exception>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    public void Set(string name, string value) => Set(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value));

    /// <summary>Removes every line of a name; returns how many there were.</summary>
    /// <param name="name">In any case of letters.</param>
    public int Remove(ReadOnlySpan<byte> name)
    {
        int kept = 0;
        for (int i = 0; i < _count; i++)
        {
            if (!Ascii.EqualsIgnoreCase(NameOf(in _lines[i]), name))
            {
                _lines[kept++] = _lines[i];
            }
        }

        int removed = _count - kept;
        _count = kept;
        return removed;
    }

    /// <summary>Finds the first value of a name.</summary>
    /// <param name="name">In any case of letters.</param>
    /// <param name="value">Lent until the list changes; empty where there is no line of the name, and where its value is empty.</param>
    /// <returns>Whether there is a line of this name.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (int i = 0; i < _count; i++)
        {
            if (Ascii.EqualsIgnoreCase(NameOf(in _lines[i]), name))
            {
                value = ValueOf(in _lines[i]);
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Whether there is a line of this name.</summary>
    /// <param name="name">In any case of letters.</param>
    public bool Contains(ReadOnlySpan<byte> name) => TryGet(name, out _);

    /// <summary>Removes every line and gives back what was borrowed; the storage stays for the next message.</summary>
    public void Clear()
    {
        _count = 0;
        _ownLength = 0;
        _wire = default;
    }

    /// <summary>Copies the lines into another list, behind those it has; it needs nothing of this one then.</summary>
    /// <param name="destination">Not this list itself.</param>
    /// <exception cref="ArgumentException">It is this list itself.</exception>
    public void CopyTo(FieldList destination)
    {
        if (destination == this)
        {
            throw new ArgumentException("A list is not copied into itself.", nameof(destination));
        }

        for (int i = 0; i < _count; i++)
        {
            destination.AddOwn(NameOf(in _lines[i]), ValueOf(in _lines[i]), _lines[i].Known);
        }
    }

    /// <summary>The lines as text, for tests and logs.</summary>
    public IEnumerable<KeyValuePair<string, string>> ToPairs()
    {
        for (int i = 0; i < _count; i++)
        {
            yield return new(Encoding.Latin1.GetString(NameOf(in _lines[i])), Encoding.Latin1.GetString(ValueOf(in _lines[i])));
        }
    }

    /// <summary>The lines as they would stand on the wire.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach ((string name, string value) in ToPairs())
        {
            text.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return text.ToString();
    }

    /// <summary>Says where the borrowed lines' bytes are; may be said again when the buffer moved.</summary>
    internal void Borrow(ReadOnlyMemory<byte> wire) => _wire = wire;

    /// <summary>
    /// Adds a line whose bytes stay in the borrowed buffer, at these offsets from its start. Between name and value stand only
    /// a colon and white space there, and two bytes (CRLF) follow the line: so lines that are neighbours can be copied as one.
    /// </summary>
    internal void AddBorrowed(int nameOffset, int nameLength, int valueOffset, int valueLength, KnownField known)
    {
        if (_count == _lines.Length)
        {
            Array.Resize(ref _lines, _lines.Length * 2);
        }

        _lines[_count++] = new Line(nameOffset, nameLength, valueOffset, valueLength, known, own: false);
    }

    /// <summary>Adds a copy of a line that is known to be valid.</summary>
    internal void AddOwn(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, KnownField known)
    {
        int length = name.Length + 2 + value.Length + 2;
        HeadWriter.WriteField(OwnRoom(length), name, value);
        KeepOwn(length, name.Length, known);
    }

    /// <summary>Adds a copy of a line that is known to be valid, as it stands on the wire: name, colon, space, value, CRLF.</summary>
    internal void AddOwnLine(ReadOnlySpan<byte> line, int nameLength, KnownField known)
    {
        line.CopyTo(OwnRoom(line.Length));
        KeepOwn(line.Length, nameLength, known);
    }

    /// <summary>The line at a position while the list does not know yet where the buffer is.</summary>
    internal FieldLine LineAt(int index, ReadOnlySpan<byte> wire)
    {
        ref readonly Line line = ref _lines[index];
        ReadOnlySpan<byte> bytes = line.Own ? _own : wire;
        return new FieldLine(bytes.Slice(line.NameOffset, line.NameLength), bytes.Slice(line.ValueOffset, line.ValueLength), line.Known);
    }

    /// <summary>Writes every line with its CRLF; returns the bytes written, or -1 where there is not enough room.</summary>
    // *( field-line CRLF )   RFC 9112 §2.1
    internal int WriteTo(Span<byte> destination)
    {
        ReadOnlySpan<Line> lines = _lines.AsSpan(0, _count);
        int written = 0;
        int index = 0;
        while (index < lines.Length)
        {
            // Lines that are neighbours, in the received head or among the own ones, leave in one copy: only a CRLF stands between them.
            ref readonly Line line = ref lines[index++];
            bool own = line.Own;
            int start = line.NameOffset;
            int end = line.ValueOffset + line.ValueLength;
            while (index < lines.Length && lines[index].Own == own && lines[index].NameOffset == end + 2)
            {
                end = lines[index].ValueOffset + lines[index].ValueLength;
                index++;
            }

            Span<byte> room = destination[written..];
            int length = end - start;
            if (room.Length < length + 2)
            {
                return -1;
            }

            (own ? _own : _wire.Span).Slice(start, length).CopyTo(room);
            room[length] = (byte)'\r';
            room[length + 1] = (byte)'\n';
            written += length + 2;
        }

        return written;
    }

    /// <summary>Removes the line at a position and keeps the order of the others.</summary>
    internal void RemoveAt(int index)
    {
        Array.Copy(_lines, index + 1, _lines, index, _count - index - 1);
        _count--;
    }

    /// <summary>Puts a copy of a line that is known to be valid in the place of another.</summary>
    internal void ReplaceAt(int index, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, KnownField known)
    {
        AddOwn(name, value, known);
        _lines[index] = _lines[--_count];
    }

    /// <summary>The name a line is known by, without touching its bytes.</summary>
    internal KnownField KnownAt(int index) => _lines[index].Known;

    private Span<byte> OwnRoom(int length)
    {
        if (_own.Length - _ownLength < length)
        {
            Array.Resize(ref _own, Math.Max(256, Math.Max(_own.Length * 2, _ownLength + length)));
        }

        if (_count == _lines.Length)
        {
            Array.Resize(ref _lines, _lines.Length * 2);
        }

        return _own.AsSpan(_ownLength, length);
    }

    private void KeepOwn(int length, int nameLength, KnownField known)
    {
        _lines[_count++] = new Line(_ownLength, nameLength, _ownLength + nameLength + 2, length - nameLength - 4, known, own: true);
        _ownLength += length;
    }

    private ReadOnlySpan<byte> NameOf(ref readonly Line line) => BytesOf(in line).Slice(line.NameOffset, line.NameLength);

    private ReadOnlySpan<byte> ValueOf(ref readonly Line line) => BytesOf(in line).Slice(line.ValueOffset, line.ValueLength);

    private ReadOnlySpan<byte> BytesOf(ref readonly Line line) => line.Own ? _own : _wire.Span;

    private readonly struct Line(int nameOffset, int nameLength, int valueOffset, int valueLength, KnownField known, bool own)
    {
        public readonly int NameOffset = nameOffset;
        public readonly int ValueOffset = valueOffset;
        public readonly int ValueLength = valueLength;
        public readonly ushort NameLength = (ushort)nameLength;
        public readonly KnownField Known = known;
        public readonly bool Own = own;
    }
}
