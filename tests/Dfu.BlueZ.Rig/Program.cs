Console.Error.WriteLine("usage: ./test --rig");
return 2;
