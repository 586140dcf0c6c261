use strict;
use warnings;

my %seen;
for my $i (1 .. 50000) {
    $seen{$i % 1000} .= "x" x ($i % 7);
    delete $seen{$i % 500} if $i % 11 == 0;
}
my $length = 0;
$length += length for values %seen;
print scalar(keys %seen), " $length\n";
print join(",", map { sprintf "%03d", $_ } grep { $_ % 97 == 0 } sort { $a <=> $b } keys %seen), "\n";
print `echo from a shell`;
warn "to standard error\n";
exit 4;
