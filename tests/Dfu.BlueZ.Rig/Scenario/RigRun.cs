using System.Globalization;
using System.Runtime.InteropServices;
using Dfu.BlueZ.Rig.Machine;
using Dfu.BlueZ.Rig.Setup;

namespace Dfu.BlueZ.Rig.Scenario;

/// <summary>Gets the machine, boots it and plays the scenario in it.</summary>
internal static class RigRun
{
    public static async Task<int> RunAsync(RigSettings settings, CancellationToken stop)
    {
        var said = new Transcript();
        Directory.CreateDirectory(settings.Cache);
        var parts = await new PartsBuilder(settings.Cache).BuildAsync(said.Step, stop);
        await using var guest = await Guest.BootAsync(parts, Shares(), settings.Processors, settings.Kvm, stop);
        var versions = guest.Versions.Split(' ');
        said.Step(string.Create(CultureInfo.InvariantCulture, $"Debian's kernel {versions[0]} with BlueZ {versions[1]} runs, {settings.Processors} "
            + $"processors {(settings.Kvm ? "lent" : "emulated")}"));
        if (settings.Run is { } command)
        {
            var result = await guest.RunAsync(command, 3600, stop);
            Console.Write(result.Output);
            Console.Error.Write(result.Errors);
            return result.Status;
        }

        await using (var scenario = new BlueZScenario(guest, said, settings, stop)) await scenario.RunAsync();
        said.End();
        return said.Failed == 0 ? 0 : 1;
    }

    /// <summary>Folders of the host, by the name the machine has for them.</summary>
    private static Dictionary<string, string> Shares()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        return new()
        {
            ["rig"] = here.FullName,
            ["dfu"] = Path.GetFullPath(Path.Combine(here.FullName, "../../../../../client/Dfu.Cli/bin", here.Parent!.Name, here.Name)),
            // Runtime directory: ROOT/shared/Microsoft.NETCore.App/VERSION/
            ["dotnet"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        };
    }
}
