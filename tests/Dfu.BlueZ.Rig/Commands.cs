using System.Globalization;
using Dfu.BlueZ.Rig.Connects;
using Dfu.BlueZ.Rig.Scenario;

namespace Dfu.BlueZ.Rig;

/// <summary>What this program can do: the scenario on the host, and its parts inside the machine.</summary>
internal static class Commands
{
    public static async Task<int> RunAsync(string[] arguments, CancellationToken stop)
    {
        if (arguments is ["connects", var count, .. var adapters])
            return await ConnectsCommand.RunAsync(int.Parse(count, CultureInfo.InvariantCulture), adapters, stop);
        RigSettings settings;
        try
        {
            settings = RigSettings.Parse(arguments);
        }
        catch (ArgumentException e)
        {
            Console.Error.WriteLine($"{e.Message}\nusage: {RigSettings.Usage}");
            return 2;
        }

        return await RigRun.RunAsync(settings, stop);
    }
}
