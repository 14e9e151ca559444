using System;
using System.Collections.Generic;

namespace GoAround.Cli.Metrics;

/// <summary>Takes one measurement of one instrument.</summary>
internal delegate void Recorder(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);
