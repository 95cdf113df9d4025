using System.CommandLine;
using Dfu.Cli.Servers;
using Dfu.Fleet.AccessKeys;
using Dfu.Protocol.Errors;

namespace Dfu.Cli.Access;

/// <summary><c>dfu login</c> and <c>dfu logout</c>: keep an access key of a server for <c>--server</c>.</summary>
internal static class LoginCommand
{
    public static Command Login(Terminal terminal, KeptKeys? kept = null, TextReader? input = null)
    {
        var http = new HttpOptions();
        var command = new Command(
            "login", "Keep an access key for a server, in a file that nobody else reads. It is typed when asked for, or comes on standard input.");
        http.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            using var signals = new StopSignals(terminal.ExitAtOnce);
            var url = Server(http, result);
            var secret = (input is not null || Console.IsInputRedirected ? (input ?? Console.In).ReadLine() : Ask(terminal, url))?.Trim();
            if (!AccessSecret.TryParse(secret, out var id)) throw new DfuException(DfuError.KeyRefused, AccessSecret.NoKey);
            await using var server = http.Connect(url, secret, result, terminal);
            var caller = await server.CallerAsync(signals.Token);
            if (caller.Key != id) throw new DfuException(DfuError.Unexpected, $"{url} took the access key {id} for another");
            var keys = kept ?? KeptKeys.OfUser();
            keys.Keep(url, secret!);
            var until = caller.ExpiresAt is { } end ? $" until {CampaignWords.Day(end, TimeProvider.System.GetLocalNow())}" : "";
            terminal.Error.WriteLine($"dfu: you are {caller.Name} at {url}, {AccessKeyChanges.Word(caller.Role)}{until}; the key is in {keys.File}");
            return ExitCode.Succeeded;
        });
        return command;
    }

    public static Command Logout(Terminal terminal, KeptKeys? kept = null)
    {
        var http = new HttpOptions();
        var command = new Command("logout", "Delete the access key that is kept for a server. It stays in force until 'dfu access revoke'.");
        http.AddTo(command);
        command.SetAction(result =>
        {
            var url = Server(http, result);
            var keys = kept ?? KeptKeys.OfUser();
            terminal.Error.WriteLine(keys.Forget(url) ? $"dfu: no key is kept for {url} any more" : $"dfu: no key was kept for {url}");
            return ExitCode.Succeeded;
        });
        return command;
    }

    private static Uri Server(HttpOptions http, ParseResult result) => http.Given(result) ?? HttpOptions.OfEnvironment()
        ?? throw new DfuException(DfuError.InvalidArgument, "which server?") { Remedy = $"Say it by --server URL or {HttpOptions.Variable}." };

    private static string Ask(Terminal terminal, Uri url)
    {
        terminal.Error.Write($"access key for {url}: ");
        terminal.Error.Flush();
        var typed = new System.Text.StringBuilder();
        for (ConsoleKeyInfo key; (key = Console.ReadKey(intercept: true)).Key != ConsoleKey.Enter;)
        {
            if (key.Key == ConsoleKey.Backspace) typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar) && typed.Length < AccessSecret.Length * 2) typed.Append(key.KeyChar);
        }

        terminal.Error.WriteLine();
        return typed.ToString();
    }
}
