using Microsoft.FluentUI.AspNetCore.Components;

namespace Dfu.Server.Console.Shared;

/// <summary>
/// A button of the library that says in attributes too what it is and how it stands: not every tool that reads a page for people knows what a custom
/// element keeps inside.
/// </summary>
public sealed class ActionButton(LibraryConfiguration configuration) : FluentButton(configuration)
{
    protected override void OnParametersSet()
    {
        AdditionalAttributes = new Dictionary<string, object> { ["role"] = "button", ["aria-disabled"] = Disabled ? "true" : "false" };
        base.OnParametersSet();
    }
}
