using Dfu.Fuzz;

return FuzzOptions.Parse(args) is { } options ? FuzzProgram.Run(options) : 2;
