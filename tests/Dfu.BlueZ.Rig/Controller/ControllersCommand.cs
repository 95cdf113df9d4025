using System.Globalization;
using System.Threading.Channels;
using Dfu.Adapters.Simulated;
using Dfu.BlueZ.Rig.VirtualControllers;

namespace Dfu.BlueZ.Rig;

/// <summary><c>controllers</c>: virtual controllers on this kernel, one room of virtual devices behind all of them, and faults at will.</summary>
public static class ControllersCommand
{
    /// <param name="args">The options that follow the command's name.</param>
    /// <returns>0 when told to quit, 1 when this kernel makes no controllers, 2 for wrong options.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (!ControllersSettings.TryParse(args, out var settings, out var trouble))
        {
            await Console.Error.WriteLineAsync($"{trouble}?\n{ControllersSettings.Usage}");
            return 2;
        }

        var time = TimeProvider.System;
        using var air = new SimulatedAir(time, settings.Link, settings.Seed);
        for (var i = 0; i < settings.Devices; i++)
        {
            var device = air.Add(settings.Device(i));
            Log($"device {i + 1} application {device.ApplicationAddress} bootloader {device.BootloaderAddress}");
        }

        var slots = Enumerable.Range(1, settings.Controllers).Select(number => Slot(air, settings, number, time)).ToList();
        try
        {
            await WarmUp.RunAsync(time);
            foreach (var slot in slots) await slot.UpAsync();
            Console.WriteLine("ready");
            return await ObeyAsync(Lines(settings.Fifo), slots, air);
        }
        catch (IOException failure)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
        finally
        {
            foreach (var slot in slots) await slot.DisposeAsync();
        }
    }

    private static ControllerSlot Slot(SimulatedAir air, ControllersSettings settings, int number, TimeProvider time) => new(
        number,
        air.CreateAdapter($"virtual {number}", settings.Adapter),
        new ControllerOptions
        {
            Address = ControllerSlot.AddressFor(settings.Seed, number),
            Buffers = settings.Buffers,
            SupervisionTimeout = settings.Link.SupervisionTimeout,
            Log = line => Log($"controller {number}: {line}"),
        },
        time);

    private static async Task<int> ObeyAsync(ChannelReader<string> lines, List<ControllerSlot> slots, SimulatedAir air)
    {
        while (await lines.WaitToReadAsync())
        {
            while (lines.TryRead(out var line))
            {
                var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words is ["quit"]) return 0;
                if (words is []) continue;
                try
                {
                    Log(await TryObeyAsync(words, slots, air) ? $"done: {line}" : $"not understood: {line}");
                }
                catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
                {
                    Log($"failed: {line}: {failure.Message}");
                }
            }
        }

        return 0;
    }

    private static async Task<bool> TryObeyAsync(string[] words, List<ControllerSlot> slots, SimulatedAir air)
    {
        if (words is ["report", var file])
        {
            await File.WriteAllTextAsync(file + ".new", DevicesReport.ToJson(air.Devices));
            File.Move(file + ".new", file, overwrite: true);
            return true;
        }

        if (words is not [var verb, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number < 1)
            return false;
        if (verb is "cut" or "power-cycle")
        {
            if (number > air.Devices.Count) return false;
            if (verb == "cut") air.Devices[number - 1].CutLink();
            else air.Devices[number - 1].PowerCycle();
            return true;
        }

        return number <= slots.Count && await TryObeyAsync(verb, slots[number - 1]);
    }

    private static async Task<bool> TryObeyAsync(string verb, ControllerSlot slot)
    {
        switch (verb)
        {
            case "down":
                await slot.DownAsync();
                return true;
            case "up":
                await slot.UpAsync();
                return true;
            case "mute":
                slot.Mute();
                return true;
            case "unmute":
                slot.Unmute();
                return true;
            default:
                return false;
        }
    }

    /// <summary>Lines of standard input and of the pipe. An end of input only ends the run when there is no pipe.</summary>
    private static ChannelReader<string> Lines(string? fifo)
    {
        var lines = Channel.CreateUnbounded<string>();
        if (fifo is not null)
        {
            if (!File.Exists(fifo)) _ = VhciNative.MakeFifo(fifo, 0x180);
            // Open for writing too: without a writer a pipe would be at its end.
            var pipe = new FileStream(fifo, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            Read(new StreamReader(pipe), lines.Writer, ends: false);
        }

        Read(Console.In, lines.Writer, ends: fifo is null);
        return lines.Reader;
    }

    private static void Read(TextReader reader, ChannelWriter<string> lines, bool ends) => new Thread(() =>
    {
        while (reader.ReadLine() is { } line) lines.TryWrite(line);
        if (ends) lines.TryComplete();
    })
    { IsBackground = true, Name = "lines" }.Start();

    private static void Log(string line) => Console.WriteLine(line);
}
