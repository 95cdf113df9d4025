using Dfu.Simulation;

return Commands.Run(args, Console.Out);
