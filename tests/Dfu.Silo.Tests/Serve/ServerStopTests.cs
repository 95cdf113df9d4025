using Dfu.Silo.Serve;
using Dfu.Silo.Tests.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Dfu.Silo.Tests.Serve;

public sealed class ServerStopTests
{
    [Theory]
    [InlineData(ServiceLifecycleStage.First)]
    [InlineData(ServiceLifecycleStage.RuntimeServices)]
    [InlineData(ServiceLifecycleStage.RuntimeGrainServices)]
    [InlineData(ServiceLifecycleStage.BecomeActive)]
    [InlineData(ServiceLifecycleStage.Active)]
    public async Task A_server_that_is_told_to_stop_while_it_starts_ends_cleanly_and_gives_its_data_directory_back(int stage)
    {
        using var folder = new TemporaryDirectory();
        var said = new List<string>();
        using var stop = new CancellationTokenSource();
        var settings = new ServerSettings
        {
            Name = "station-1",
            DataDirectory = folder.Path,
            Say = line =>
            {
                lock (said) said.Add(line);
            },
            Ready = _ => said.Add("ready"),
            Silo = silo => silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new StopAt(stage, stop)),
        };
        await FleetServer.RunAsync(settings, TimeProvider.System, stop.Token).WaitAsync(TimeSpan.FromMinutes(1), TimeProvider.System);
        Assert.Empty(said);
        Assert.Null(ServerFile.Read(folder.Path));
        using var ours = Dfu.Silo.Storage.Files.DataDirectory.Open(folder.Path, TimeProvider.System);
    }

    private sealed class StopAt(int stage, CancellationTokenSource stop) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(StopAt), stage, _ => stop.CancelAsync());
    }
}
