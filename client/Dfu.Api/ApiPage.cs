using System.Collections.Immutable;

namespace Dfu.Api;

/// <summary>Some of a list.</summary>
/// <param name="Next">Given as <c>cursor</c> it asks for what comes after; null when that is all.</param>
public sealed record ApiPage<T>(ImmutableArray<T> Items, string? Next);

public static class ApiPages
{
    /// <summary>Items on a page where <c>limit</c> is not given.</summary>
    public const int Usual = 100;

    /// <summary>The largest <c>limit</c>.</summary>
    public const int Most = 1000;

    /// <summary>A list that comes whole.</summary>
    public static ApiPage<T> All<T>(IEnumerable<T> items) => new([.. items], null);
}
