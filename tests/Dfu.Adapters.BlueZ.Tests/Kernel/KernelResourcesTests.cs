using Dfu.Adapters.BlueZ.Kernel;

namespace Dfu.Adapters.BlueZ.Tests.Kernel;

/// <summary>Counts what the process has open, so nothing may run beside it.</summary>
[CollectionDefinition(nameof(KernelResourcesTests), DisableParallelization = true)]
[Collection(nameof(KernelResourcesTests))]
public sealed class KernelResourcesTests
{
    [Fact]
    public async Task A_hundred_times_opened_and_closed_leaves_no_file_and_no_thread()
    {
        await OnceAsync();
        var (files, threads) = (Files(), Threads());
        for (var i = 0; i < 100; i++) await OnceAsync();

        // Sockets that tests before this one left to the collector may go meanwhile, but none come.
        Assert.InRange(Files(), 0, files + 5);
        Assert.InRange(Threads(), 0, threads);
    }

    private static async Task OnceAsync()
    {
        using var kernel = new ScriptedKernel();
        kernel.Answers[MgmtCommand.ReadVersion] = (0, [1, 22, 0]);
        using var bluetooth = KernelBluetooth.Open(kernel, TimeProvider.System);
        Assert.True(bluetooth.MayConfigure && bluetooth.MayMonitor);
        Assert.NotNull(await bluetooth.VersionAsync(CancellationToken.None));
    }

    private static int Files() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    private static int Threads() => Directory.GetDirectories("/proc/self/task").Count(static task => Name(task) == "bluetooth-kerne");

    private static string Name(string task)
    {
        try
        {
            return File.ReadAllText(Path.Combine(task, "comm")).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
