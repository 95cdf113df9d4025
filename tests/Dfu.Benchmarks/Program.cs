using Dfu.Benchmarks;
using Dfu.Protocol.Transfers;

if (args is ["station", .. var rest])
{
    var campaigns = rest is [var text] && int.TryParse(text, out var number) ? Math.Max(10, number) : 1000;
    await StationBenchmark.RunAsync(campaigns);
    return;
}

Console.WriteLine($"One transfer, {TransferBenchmark.ImageBytes:#,0} bytes, nRF52840 flash, an event every 15 ms with 3 packets, MTU 247, virtual time.");
Console.WriteLine("'of bound' compares with erase, writing and air time that nothing can avoid; 'again' are bytes sent twice.");
foreach (var deaf in new[] { false, true })
{
    Console.WriteLine();
    var heading = deaf ? "Radio deaf during an erase, bound 205 ms an object" : "Radio hears during an erase, bound 142 ms an object";
    Console.WriteLine($"{heading,-52}{"time",0}{"rate",13}{"of bound",11}{"again",8}{"saves",7}");
    foreach (var saving in new[] { false, true })
    {
        Console.WriteLine(TransferBenchmark.Ours(deaf, saving, new BootloaderTraits(), out var learned));
        var keeps = learned with { Keeps = saving ? Keeps.Objects : Keeps.Nothing };
        for (var i = 0; i < 3; i++) TransferBenchmark.Ours(deaf, saving, keeps, out keeps);
        Console.WriteLine(TransferBenchmark.Ours(deaf, saving, keeps, out _));
    }

    Console.WriteLine(TransferBenchmark.Plain("CRC after each object, 400 ms after CREATE", deaf, 0, TimeSpan.FromMilliseconds(400)));
    Console.WriteLine(TransferBenchmark.Plain("receipt every 12 packets", deaf, 12, TimeSpan.Zero));
    Console.WriteLine(TransferBenchmark.Plain("receipt every packet", deaf, 1, TimeSpan.Zero));
}
