using Dfu.Cluster.Scenario;
using Dfu.Fuzz;

return await FuzzOptions.Command(FuzzProgram.Run).RunAsync(args, Console.Out, Console.Error);
