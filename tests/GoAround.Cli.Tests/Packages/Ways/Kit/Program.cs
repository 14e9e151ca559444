using GoAround.Testing;

TestBackend a = new TestBackend("http://a").Takes(TimeSpan.FromMilliseconds(20));
TestBackend b = new TestBackend("http://b").Takes(TimeSpan.FromMilliseconds(20)).DiesAt(TimeSpan.FromSeconds(3));
await using TestBalancer balancer = await TestBalancer.StartAsync(a, b);
TestLoad load = await balancer.LoadAsync(perSecond: 100, during: TimeSpan.FromSeconds(10));
Console.WriteLine(load);
