using Dfu.Cli;

return await CommandLine.RunAsync(args, Terminal.OfProcess());
