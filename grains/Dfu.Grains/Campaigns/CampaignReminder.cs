using Dfu.Fleet;
using Dfu.Fleet.Shells.Campaigns;
using Dfu.Fleet.Turns;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Campaigns;

/// <summary>Wakes an unfinished campaign whose silo died, where the cluster keeps reminders.</summary>
internal sealed class CampaignReminder(Grain grain, IServiceProvider services, ILogger logger) : ICampaignReminder
{
    private const string Name = "work";

    /// <summary>The shortest that Orleans takes.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly bool _there = services.GetService<IReminderTable>() is not null;
    private bool _kept;

    private string Campaign => grain.GetPrimaryKeyString();

    public void Keep()
    {
        if (!_there || _kept) return;
        _kept = true;
        OwnWork.Run("keep a reminder", () => grain.RegisterOrUpdateReminder(Name, Period, Period), e =>
        {
            _kept = false;
            logger.NoReminder(Campaign, e);
        });
    }

    public void Drop()
    {
        if (!_there) return;
        _kept = false;
        OwnWork.Run(logger, "drop its reminder", Campaign, async () =>
        {
            if (await grain.GetReminder(Name) is { } reminder) await grain.UnregisterReminder(reminder);
        });
    }
}
