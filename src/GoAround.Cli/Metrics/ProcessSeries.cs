using System;
using System.Diagnostics;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;
using Prometheus;

namespace GoAround.Cli.Metrics;

/// <summary>The series of the process, under the names Prometheus' own clients use, and of the .NET runtime; read at each scrape.</summary>
internal sealed class ProcessSeries
{
    private const string OpenFiles = "/proc/self/fd";

    private readonly Counter _cpu;
    private readonly Gauge _memory;
    private readonly Gauge _openFiles;
    private readonly Counter _collections;
    private readonly Counter _allocated;
    private readonly Counter _pause;
    private readonly Gauge _heap;
    private readonly Gauge _threads;
    private readonly Gauge _workItems;

    public ProcessSeries(IMetricFactory metrics)
    {
        Gauge build = metrics.CreateGauge("goaround_build_info", "Always 1; the labels tell the version and the .NET runtime.", ["version", "dotnet"]);
        build.WithLabels(ProgramVersion.Text, RuntimeInformation.FrameworkDescription).Set(1);
        Gauge started = metrics.CreateGauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
        using (Process self = Process.GetCurrentProcess())
        {
            started.Set((self.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        }

        _cpu = metrics.CreateCounter("process_cpu_seconds_total", "User and system CPU time of the process.");
        _memory = metrics.CreateGauge("process_resident_memory_bytes", "Resident memory of the process.");
        _openFiles = metrics.CreateGauge("process_open_fds", "Open file descriptors.");
        _collections = metrics.CreateCounter("dotnet_collection_count_total", "Garbage collections, by generation.", ["generation"]);
        _allocated = metrics.CreateCounter("dotnet_allocated_bytes_total", "Bytes allocated on the managed heap.");
        _pause = metrics.CreateCounter("dotnet_gc_pause_seconds_total", "Time in which garbage collections stopped the program.");
        _heap = metrics.CreateGauge("dotnet_total_memory_bytes", "Bytes on the managed heap.");
        _threads = metrics.CreateGauge("dotnet_threadpool_num_threads", "Threads of the thread pool.");
        _workItems = metrics.CreateGauge("dotnet_threadpool_queue_length", "Work that waits for a thread of the thread pool.");
    }

    /// <summary>Reads everything anew.</summary>
    public void Update()
    {
        _cpu.IncTo(Environment.CpuUsage.TotalTime.TotalSeconds);
        _memory.Set(Environment.WorkingSet);
        if (Directory.Exists(OpenFiles))
        {
            _openFiles.Set(Directory.GetFileSystemEntries(OpenFiles).Length);
        }

        for (int generation = 0; generation <= GC.MaxGeneration; generation++)
        {
            _collections.WithLabels(Generation(generation)).IncTo(GC.CollectionCount(generation));
        }

        _allocated.IncTo(GC.GetTotalAllocatedBytes());
        _pause.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        _heap.Set(GC.GetTotalMemory(forceFullCollection: false));
        _threads.Set(ThreadPool.ThreadCount);
        _workItems.Set(ThreadPool.PendingWorkItemCount);
    }

    private static string Generation(int generation) => generation switch { 0 => "0", 1 => "1", _ => "2" };
}
