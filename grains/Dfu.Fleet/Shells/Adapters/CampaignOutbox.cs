using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Peers;
using Dfu.Fleet.Turns;

namespace Dfu.Fleet.Shells.Adapters;

/// <summary>Takes what attempts showed to their campaigns: numbered, in order, one call at a time, and again while a campaign cannot be reached.</summary>
/// <param name="source">The adapter.</param>
/// <param name="epoch">The adapter's now, durable: numbers go on growing whoever owns it.</param>
internal sealed class CampaignOutbox(
    string source, Func<int> epoch, Func<string, LearnedReport, Task> send, Action<Exception> failed, TimeSpan every, TimeProvider time)
{
    /// <summary>Calls in a row that may fail before what they carry is dropped.</summary>
    private const int Patience = 20;

    private readonly Dictionary<string, Letter> _letters = [];
    private uint _number;

    public bool IsEmpty => _letters.Count == 0;

    public void Add(string campaign, CampaignEvent e, bool urgent = false)
    {
        if (!_letters.TryGetValue(campaign, out var letter)) _letters[campaign] = letter = new(time.GetTimestamp());
        letter.Events.Add(e with { Source = source, Number = ((long)epoch() << 32) + ++_number });
        if (urgent) letter.Urgent = true;
        if (urgent && letter.Failures == 0) Send(campaign, letter);
    }

    /// <summary>Sends what has been waiting for long enough.</summary>
    /// <param name="everything">What has not, too.</param>
    public void Tick(bool everything)
    {
        foreach (var (campaign, letter) in _letters.ToArray())
        {
            if (everything || letter.Urgent || time.GetElapsedTime(letter.Since) >= every) Send(campaign, letter);
        }
    }

    private void Send(string campaign, Letter letter)
    {
        if (!letter.InFlight) OwnWork.Run("tell a campaign what was learned", () => SendAsync(campaign, letter), failed);
    }

    private async Task SendAsync(string campaign, Letter letter)
    {
        letter.InFlight = true;
        var count = letter.Events.Count;
        try
        {
            await send(campaign, new() { Events = [.. letter.Events] });
            letter.Events.RemoveRange(0, count);
            (letter.Failures, letter.Urgent, letter.Since) = (0, letter.Urgent && letter.Events.Count > 0, time.GetTimestamp());
        }
        catch (Exception e)
        {
            failed(e);
            if (++letter.Failures >= Patience) letter.Events.Clear();
        }

        letter.InFlight = false;
        if (letter.Events.Count == 0) _letters.Remove(campaign);
    }

    private sealed class Letter(long since)
    {
        public long Since { get; set; } = since;
        public List<CampaignEvent> Events { get; } = [];
        public bool InFlight { get; set; }
        public bool Urgent { get; set; }
        public int Failures { get; set; }
    }
}
