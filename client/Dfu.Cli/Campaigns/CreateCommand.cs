using System.CommandLine;
using System.Globalization;
using Dfu.Cli.Arguments;
using Dfu.Cli.Progress;
using Dfu.Cli.Reports;
using Dfu.Cli.Servers;
using Dfu.Fleet.Campaigns;
using Dfu.Fleet.Orders;
using Dfu.Protocol.Errors;
using Dfu.Protocol.Packages.Doubts;

namespace Dfu.Cli.Campaigns;

/// <summary><c>dfu campaign create</c>.</summary>
internal static class CreateCommand
{
    public static Command Create(Terminal terminal)
    {
        var package = new Argument<string?>("PACKAGE")
        {
            Description = "The package, a zip file, unless a campaign file names it.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = CampaignFileOption.Create(required: false);
        var targets = new TargetOptions(feeds: true);
        var only = PackageFile.OnlyOption();
        var plan = new PlanOptions();
        var publicKey = KeyOption.Public("Refuse the package unless it is signed for this P-256 key.");
        var restart = Arguments.Option.Flag("--restart", "Forget an earlier campaign with the same package, devices and title, and begin anew.");
        var watch = Arguments.Option.Flag("--watch", "Follow it to its end. Ctrl-C stops watching; the campaign goes on.");
        var json = Arguments.Option.Flag("--json", "Print one JSON document; with --watch that of its end.");
        var server = new ServerOptions();
        var command = new Command("create", "Create a campaign on a running server, or go on with the one that has the same package, devices and title.")
        {
            package, file,
        };
        targets.AddTo(command);
        command.Add(only);
        plan.AddTo(command);
        foreach (var option in new System.CommandLine.Option[] { publicKey, restart, watch, json }) command.Add(option);
        server.AddTo(command);
        command.SetAction(async (result, _) =>
        {
            CampaignRequest request;
            if (result.GetValue(file) is { } path)
            {
                var inFile = targets.Options.Concat(plan.Options).Append(only).Append(publicKey)
                    .FirstOrDefault(option => result.GetResult(option) is { Implicit: false });
                if (inFile is not null || result.GetValue(package) is not null)
                    throw new DfuException(DfuError.InvalidArgument, $"{inFile?.Name ?? "the package"} and --file are given both")
                    {
                        Remedy = "Write everything into the campaign file.",
                    };
                var (campaign, flaws) = CampaignFileOption.Read(terminal, path);
                request = (campaign ?? throw CampaignFileOption.Refuse(terminal, path, flaws)).Request(CampaignCommand.By, result.GetValue(restart));
            }
            else
            {
                if (result.GetValue(package) is not { } zip)
                    throw new DfuException(DfuError.InvalidArgument, "no package is given") { Remedy = "Give a zip file, or a campaign file by --file." };
                using var key = publicKey.Read(result, terminal);
                var (whole, bytes) = PackageFile.Read(zip, key);
                var part = result.GetValue(only);
                request = new()
                {
                    Package = whole.Only(part),
                    Only = part,
                    PackageFile = bytes,
                    Targets = targets.Read(result),
                    Limits = plan.Limits(result),
                    Plan = plan.Plan(result, TimeProvider.System.GetUtcNow(), TimeProvider.System.LocalTimeZone),
                    By = CampaignCommand.By,
                    Restart = result.GetValue(restart),
                };
            }

            if (request.Plan.Schedule.End is { } end && end <= TimeProvider.System.GetUtcNow())
            {
                var when = end.ToString("yyyy-MM-dd HH:mm zzz", CultureInfo.InvariantCulture);
                throw new DfuException(DfuError.InvalidArgument, $"the campaign's end, {when}, is over") { Remedy = "Give a later end, or none." };
            }


            DoubtLines.Write(terminal, PackageDoubts.Of(request.Package));
            using var signals = new StopSignals(terminal.ExitAtOnce);
            await using var fleet = await server.OpenAsync(result, terminal, signals.Token);
            return await RunAsync(terminal, fleet, request, result.GetValue(watch), result.GetValue(json), signals.Token);
        });
        return command;
    }

    /// <exception cref="DfuException">CampaignConflict while another campaign is at work that may have the same devices.</exception>
    public static async Task<IFollowedCampaign> StartAsync(IFleetServer fleet, CampaignRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await fleet.StartAsync(request, cancellationToken);
        }
        catch (DfuException refused) when (refused is { Error: DfuError.CampaignConflict, Remedy: null })
        {
            throw new DfuException(refused.Error, $"{refused.Message.TrimEnd('.')}, and may have the same devices", refused)
            {
                Remedy = "Wait for it, end it with 'dfu campaign cancel', or give it up for this one by --restart.",
            };
        }
    }

    private static async Task<int> RunAsync(
        Terminal terminal, IFleetServer fleet, CampaignRequest request, bool watch, bool json, CancellationToken cancellationToken)
    {
        await using var campaign = await StartAsync(fleet, request, cancellationToken);
        var called = CampaignNames.Short(campaign.Id, await fleet.CampaignsAsync(cancellationToken));
        var goesOn = campaign.Snapshot().GoesOn;
        if (watch)
        {
            var title = new ProgressTitle(ProgressTitle.Describe(request.Package), request.Plan.Name);
            terminal.Error.WriteLine($"dfu: campaign {called}{(goesOn ? " goes on" : "")}");
            return await CampaignWatch.RunAsync(terminal, campaign, called, title, json, null, cancellationToken);
        }

        if (json) terminal.Out.WriteLine(new CreatedDocument(campaign.Id, request.Plan.Name, request.Package.Id, goesOn).ToJson());
        else terminal.Out.WriteLine($"{campaign.Id}{(goesOn ? " goes on" : " is created")}; 'dfu campaign watch {called}' follows it");
        return ExitCode.Succeeded;
    }
}
