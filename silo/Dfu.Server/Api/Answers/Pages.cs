using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Dfu.Api;
using Dfu.Protocol.Errors;

namespace Dfu.Server.Api.Answers;

/// <summary>What of a list is wanted.</summary>
/// <param name="Cursor">What a page before said comes next; null is the beginning.</param>
/// <param name="Limit">Items on the page, 1 to 1000.</param>
internal readonly record struct PageWish(PageCursor? Cursor, int Limit)
{
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static PageWish Of(string? cursor, int? limit)
    {
        if (limit is < 1 or > ApiPages.Most) throw new DfuException(DfuError.InvalidArgument, $"limit is 1 to {ApiPages.Most}, not {limit}");
        return new(cursor is null ? null : PageCursor.Read(cursor), limit ?? ApiPages.Usual);
    }

    /// <param name="key">Tells an item from all others, and stays with it.</param>
    public ApiPage<T> Of<T>(IReadOnlyList<T> all, Func<T, string> key)
    {
        var begin = Cursor?.After(all, key) ?? 0;
        var end = Math.Min(begin + Limit, all.Count);
        return new([.. all.Skip(begin).Take(Limit)], end < all.Count ? new PageCursor(end - 1, key(all[end - 1])).ToString() : null);
    }
}

/// <summary>The last item of a page. A list may grow at either end between two pages; where this item is gone its place counts.</summary>
internal readonly record struct PageCursor(int Place, string Key)
{
    /// <exception cref="DfuException">InvalidArgument.</exception>
    public static PageCursor Read(string text)
    {
        if (Base64Url.IsValid(text))
        {
            var parts = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(text)).Split(' ', 2);
            if (parts is [var place, var key] && int.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return new(number, key);
        }

        throw new DfuException(DfuError.InvalidArgument, "cursor is not what a page said comes next") { Remedy = "Give 'next' of the page before as it is." };
    }

    /// <summary>Where the next page begins.</summary>
    public int After<T>(IReadOnlyList<T> all, Func<T, string> key)
    {
        if (Place < all.Count && key(all[Place]) == Key) return Place + 1;
        for (var i = 0; i < all.Count; i++)
        {
            if (key(all[i]) == Key) return i + 1;
        }

        return Math.Min(Place, all.Count);
    }

    public override string ToString() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Place} {Key}")));
}
