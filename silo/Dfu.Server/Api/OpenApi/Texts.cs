namespace Dfu.Server.Api.OpenApi;

/// <summary>What is said of parameters that many requests have.</summary>
internal static class Texts
{
    public const string Cursor = "'next' of the page before, as it is.";
    public const string Limit = "Items on a page, 1 to 1000; 100 unless given.";
}
