using Dfu.Fleet.Campaigns;
using Dfu.Grains.Turns;
using Dfu.Protocol.Links;

namespace Dfu.Grains.Adapters;

/// <summary>Takes what attempts showed to their campaigns: grouped by device, in order, and again while a campaign cannot be reached.</summary>
internal sealed class CampaignOutbox(Func<string, CampaignReport, Task> send, Action<Exception> failed, TimeSpan every, TimeProvider time)
{
    /// <summary>Calls for one device that may fail before what they carry is dropped.</summary>
    private const int Patience = 20;

    private readonly Dictionary<(string Campaign, BluetoothAddress Device), Letter> _letters = [];

    public bool IsEmpty => _letters.Count == 0;

    public void Add(string campaign, BluetoothAddress device, CampaignEvent e, bool urgent = false)
    {
        if (!_letters.TryGetValue((campaign, device), out var letter)) _letters[(campaign, device)] = letter = new(time.GetTimestamp());
        letter.Events.Add(e);
        if (urgent) letter.Urgent = true;
        if (urgent && letter.Failures == 0) Send(campaign, device, letter);
    }

    /// <summary>Sends what has been waiting for long enough.</summary>
    /// <param name="everything">What has not, too.</param>
    public void Tick(bool everything)
    {
        foreach (var ((campaign, device), letter) in _letters.ToArray())
        {
            if (everything || letter.Urgent || time.GetElapsedTime(letter.Since) >= every) Send(campaign, device, letter);
        }
    }

    private void Send(string campaign, BluetoothAddress device, Letter letter)
    {
        if (!letter.InFlight) OwnWork.Run("tell a campaign what was learned", () => SendAsync(campaign, device, letter), failed);
    }

    private async Task SendAsync(string campaign, BluetoothAddress device, Letter letter)
    {
        letter.InFlight = true;
        var count = letter.Events.Count;
        try
        {
            await send(campaign, new() { Device = device, Events = new([.. letter.Events]) });
            letter.Events.RemoveRange(0, count);
            (letter.Failures, letter.Urgent) = (0, letter.Events.Count > 0);
        }
        catch (Exception e)
        {
            failed(e);
            if (++letter.Failures >= Patience) letter.Events.Clear();
        }

        letter.InFlight = false;
        if (letter.Events.Count == 0) _letters.Remove((campaign, device));
    }

    private sealed class Letter(long since)
    {
        public long Since { get; } = since;
        public List<CampaignEvent> Events { get; } = [];
        public bool InFlight { get; set; }
        public bool Urgent { get; set; }
        public int Failures { get; set; }
    }
}
