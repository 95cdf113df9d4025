using Dfu.Cli.Arguments;
using Dfu.Fleet.Adapters;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Adapters;

/// <summary>Finds the adapter that an operator means by a part of its id, such as <c>usb-1-1.2</c>.</summary>
internal static class AdapterNames
{
    /// <summary>Looks for the whole id first, then for an id that ends so, then for one that holds it.</summary>
    /// <exception cref="DfuException">InvalidArgument, with those that may be meant.</exception>
    public static AdapterView Find(string text, IReadOnlyList<AdapterView> adapters)
    {
        if (adapters.Count == 0)
            throw new DfuException(DfuError.InvalidArgument, "no server has an adapter") { Remedy = "Start one with 'dfu serve --adapter SPEC'." };
        Func<AdapterView, bool>[] ways =
        [
            view => view.Id == text,
            view => view.Id.EndsWith(text, StringComparison.OrdinalIgnoreCase) && !IsWord(view.Id, view.Id.Length - text.Length),
            view => view.Id.Contains(text, StringComparison.OrdinalIgnoreCase),
        ];
        foreach (var way in ways)
        {
            var found = text.Length == 0 ? [] : adapters.Where(way).ToList();
            if (found.Count == 1) return found[0];
            if (found.Count > 1)
                throw new DfuException(DfuError.InvalidArgument, $"'{text}' may be {Named(found)}") { Remedy = "Write more of the id." };
        }

        var names = adapters.SelectMany(static view => (string[])[view.Id, view.Id[(view.Id.IndexOf('/', StringComparison.Ordinal) + 1)..]]);
        var meant = Suggestions.For(text, names);
        throw new DfuException(DfuError.InvalidArgument, $"there is no adapter '{text}'")
        {
            Remedy = meant is null ? $"There are {Named(adapters)}." : $"Did you mean {meant}?",
        };
    }

    /// <summary>Whether a text that begins there would begin within a word or number.</summary>
    private static bool IsWord(string id, int at) => at > 0 && char.IsLetterOrDigit(id[at]) && char.IsLetterOrDigit(id[at - 1]);

    private static string Named(IReadOnlyList<AdapterView> adapters) => string.Join(", ", adapters.Select(static view => view.Id));
}
