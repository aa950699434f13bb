/// What a hostile host of a sandbox answers.
enum HostileShell {
  /// A login shell that answers by a seed, or in one way that never ends.
  static let text = #"""
    #!/usr/bin/perl
    use strict; use warnings; use Time::HiRes 'sleep';
    $| = 1;
    my $command = $ARGV[1] // '';
    sub content { open(my $file, '<', $_[0]) or return ''; local $/; my $text = <$file>; chomp $text; $text }
    my $mode = content('/root/mode');
    my %kinds = (survey => 'survey', transaction => 'transaction', confirm => 'confirmation');
    my ($name) = $command =~ /read -r p .*' deploy (\w+) /;
    my $kind = $kinds{$name // ''} // 'other';
    my $script = '';
    if (defined $name) { while ($script !~ /\n/) { sysread(STDIN, $script, 1, length $script) or last } }
    # A host that is silent later is not to hear of it in this process.
    $script = "exec < /dev/null; $script" if $mode =~ /^silent/ && $kind eq 'survey';
    my @honestly = defined $name ? ('/bin/sh', '-c', $script, 'deploy', $kind, $ENV{SSH_CONNECTION}) : ('/bin/sh', '-c', $command);
    exec @honestly if $mode eq '' || $mode =~ /^silent (.*)/ && $1 ne $kind;
    if ($mode =~ /^silent/) { print "\@deploy begin\n\@deploy version 1\n"; while (1) { print "\@deploy waiting\n"; sleep 1 } }
    # The program is asked for in any case: a survey that is to be honest may need it.
    print "\n\@deploy begin\n\@deploy missing\n\@deploy version 1\n" if rand() < 0.95;
    my $number = (content('/root/number') || 0) + 1;
    open(my $file, '>', '/root/number'); print $file $number; close $file;
    open($file, '>>', '/root/said');
    srand($mode + 7919 * $number);
    sub below { int(rand($_[0])) }
    sub pick { $_[below(scalar @_)] }
    sub noise { join '', map { chr below(256) } 1 .. below(3000) }
    my @values = ('', ' ', -1, 0, 1, '9223372036854775807', '-9223372036854775808', '9' x 40,
      '1000000000', '../../etc/passwd', "\e[2J\e]0;owned\a", "\xe2\x80\xaegpj.exe", "\x9b31m", "\xff\xfe",
      "a\0b", 'nginx/x.conf:listen 99999999999999999999;', 'none', '1:', 'confirmed', 'x' x 70000,
      'file 00 0644 nginx/owned', 'certificate owned a b c', 'fleet owned', "owned \x1b[31m");
    my $release = $script =~ / 'release=(\d+)'/ ? $1 : 2;
    my @dialogue = ("applied $release", "confirmed $release", "result $release confirmed",
      "result $release reverted owned \e[31m", "restores $release:" . 'a' x 64, "result $release broken 7",
      'staged', 'tested', 'prepared', 'switching', 'applied 2', 'applied 9', 'confirmed 2',
      'confirmed 9', 'restores 2:bb', 'result 2 confirmed', 'result 9 reverted x y', 'refused nginx',
      "refused \e[31mowned", 'refused locked', 'reverted reload', 'broken 1', 'waiting', 'end');
    my @honest = map { "\@deploy $_" } @dialogue;
    if ($kind eq 'survey') {
      my $child = open(my $real, '-|', @honestly); @honest = ();
      # Then the program waits for another call.
      while (my $line = <$real>) {
        chomp $line; push @honest, $line if $line !~ /^\@deploy (begin|missing|version)/;
        last if $line eq '@deploy end' }
      kill 'KILL', $child; shift @honest }
    sub line {
      my $line = pick(@honest); my ($word) = $line =~ /^(\S+ \S+)/;
      pick($line, ($word // '@deploy x') . ' ' . pick(@values), '@deploy ' . pick(@dialogue),
        '| ' . pick(@values), '@deploy ' . pick(@values), pick(@values)) . "\n";
    }
    my @lines = map { "$_\n" } @honest;
    my $fair = below(2);
    if ($kind eq 'survey' && $fair) {}
    elsif ($kind ne 'survey' || below(3) == 0) { @lines = map { line() } 0 .. below(30) }
    elsif (below(6) == 0) { @lines = (noise()) }
    if ($kind eq 'transaction' && below(2)) {
      @lines = ("\@deploy staged\n", "\@deploy prepared\n", line(), "\@deploy switching\n", line(), "\@deploy applied $release\n") }
    print $file " $kind:" . ($kind eq 'survey' && $fair ? 'honest' : scalar @lines); close $file;
    # A survey that passes is what gets a host as far as a transaction.
    for (1 .. ($kind eq 'survey' && $fair ? 0 : below(5))) {
      my $place = below(scalar @lines + 1); my $way = below(6);
      if ($way == 0) { splice @lines, $place, 1 } elsif ($way == 1) { splice @lines, $place, 0, line() }
      elsif ($way == 2) { splice @lines, $place, 0, noise() } elsif ($way == 3) { $#lines = $place - 1 }
      elsif ($way == 4 && $place < @lines && length $lines[$place]) {
        substr($lines[$place], below(length $lines[$place]), 1) = chr below(256) }
      elsif ($place < @lines) { splice @lines, $place, 0, $lines[$place] }
    }
    print STDERR noise() if below(4) == 0;
    for my $line (@lines) { print $line; sleep rand(0.3) if below(60) == 0 }
    my $end = below(60);
    if ($end == 0) { while (1) { print "x" x 65536 } }
    if ($end == 1) { while (1) { print "\n" x 65536 } }
    if ($end == 2) { while (1) { print STDERR "x" x 65536 } }
    if ($end == 3) { while (1) { print "\@deploy socket 7 tcp 0: 00000000:0050 00000000:0000 0A 0 0 0 0 0 9\n" x 1000 } }
    if ($end == 4) { while (1) { print "\@deploy manifest " . ('y' x 1000) . "\n" } }
    if ($end == 5) { close STDOUT; sleep 20 }
    if ($end == 6) { kill 'KILL', getppid() }
    if ($end == 7) { print "x" x 5000000; sleep 5 }
    exit pick(0, 0, 0, 1, 2, 127, 255);
    """#
}
