namespace Dfu.Reports.Html;

/// <summary>The six states of a unit as shapes: they are told apart without colours too.</summary>
public static class Shapes
{
    /// <summary>Drawn once, used by <see cref="Of"/>.</summary>
    public const string Definitions =
        """
        <svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>
        <symbol id="waiting" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2"/></symbol>
        <symbol id="atwork" viewBox="0 0 16 16"><circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="2"/>
        <path d="M2.5 8a5.5 5.5 0 0 0 11 0z" fill="currentColor"/></symbol>
        <symbol id="done" viewBox="0 0 16 16">
        <path d="M2.5 8.5l3.6 3.7 7.4-8" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></symbol>
        <symbol id="failed" viewBox="0 0 16 16">
        <path d="M3.5 3.5l9 9m0-9l-9 9" fill="none" stroke="currentColor" stroke-width="2.6" stroke-linecap="round"/></symbol>
        <symbol id="pausing" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.8"/>
        <path d="M8 4.5V8l2.6 1.8" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/></symbol>
        <symbol id="cancelled" viewBox="0 0 16 16"><path d="M3 8h10" stroke="currentColor" stroke-width="2.8" stroke-linecap="round"/></symbol>
        </defs></svg>
        """;

    public static string Of(UnitState state) => $"<svg class=\"s {Class(state)}\" aria-hidden=\"true\"><use href=\"#{Class(state)}\"/></svg>";

    public static string Class(UnitState state) => state.ToString().ToLowerInvariant();
}
