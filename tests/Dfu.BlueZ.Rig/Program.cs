using Dfu.BlueZ.Rig;

if (args is ["controllers", .. var options]) return await ControllersCommand.RunAsync(options);
Console.Error.WriteLine("usage: ./test --rig");
return 2;
