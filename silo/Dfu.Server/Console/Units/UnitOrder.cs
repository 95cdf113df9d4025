using Dfu.Fleet.Devices;
using Dfu.Reports;

namespace Dfu.Server.Console.Units;

/// <summary>Columns by which a list of units is sorted.</summary>
internal sealed record UnitOrder(string Word, Func<IEnumerable<DeviceView>, IOrderedEnumerable<DeviceView>> Sorted)
{
    public static IReadOnlyList<UnitOrder> Columns { get; } =
    [
        new("Unit", static devices => devices.OrderBy(UnitCard.Name, StringComparer.Ordinal)),
        new("Address", static devices => devices.OrderBy(static device => device.Application)),
        new("State", static devices => devices.OrderBy(static device => Urgency(UnitStates.Of(device.Outcome, device.Phase)))
            .ThenByDescending(static device => device.BytesConfirmed)),
        new("Adapter", static devices => devices.OrderBy(static device => device.Adapter ?? "", StringComparer.Ordinal)),
        new("Attempts", static devices => devices.OrderByDescending(static device => device.Attempts)),
    ];

    public static UnitOrder? Of(string? word) => word is null ? null : Columns.FirstOrDefault(column => InAddress(column) == word);

    public static string InAddress(UnitOrder column) => column.Word.ToLowerInvariant();

    /// <summary>Those that need somebody come first, unless another order is asked for.</summary>
    public static IEnumerable<DeviceView> Sort(IEnumerable<DeviceView> devices, string? word) =>
        Of(word) is { } column ? column.Sorted(devices) : devices.OrderBy(static device => device.Outcome != DeviceOutcome.Failed);

    private static int Urgency(UnitState state) => state switch
    {
        UnitState.Failed => 0,
        UnitState.Pausing => 1,
        UnitState.AtWork => 2,
        UnitState.Waiting => 3,
        UnitState.Cancelled => 4,
        _ => 5,
    };
}
