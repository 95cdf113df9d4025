using Dfu.Grains.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Dfu.Grains.Campaigns;

/// <summary>Wakes an unfinished campaign whose silo died, where the cluster keeps reminders.</summary>
internal sealed class CampaignReminder(Grain grain, IServiceProvider services, ILogger logger)
{
    private const string Name = "work";

    /// <summary>The shortest that Orleans takes.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private readonly bool _there = services.GetService<IReminderTable>() is not null;
    private bool _kept;

    public async Task KeepAsync()
    {
        if (!_there || _kept) return;
        _kept = true;
        OwnWork.Begin();
        try
        {
            await grain.RegisterOrUpdateReminder(Name, Period, Period);
        }
        catch (Exception e)
        {
            _kept = false;
            logger.NoReminder(grain.GetPrimaryKeyString(), e);
        }
    }

    public async Task DropAsync()
    {
        if (!_there) return;
        _kept = false;
        OwnWork.Begin();
        try
        {
            if (await grain.GetReminder(Name) is { } reminder) await grain.UnregisterReminder(reminder);
        }
        catch (Exception e)
        {
            logger.CallFailed(grain.GetPrimaryKeyString(), e);
        }
    }
}
