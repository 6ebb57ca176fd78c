#!/usr/bin/perl
# Verifies every DKIM signature of a message with Mail::DKIM: verify_dkim.pl MESSAGE RECORDS
# RECORDS has one key per line: name, tab, text. There is no DNS. Exit 0 if there is a signature and all are good.
use strict;
use warnings;
use Mail::DKIM::Verifier;
use Mail::DKIM::DNS;

my %records;
open(my $list, '<', $ARGV[1]) or die "$ARGV[1]: $!";
while (<$list>) { chomp; my ($name, $text) = split /\t/, $_, 2; $records{$name} = $text; }
{
    package OneRecord;
    sub new { my ($class, $text) = @_; return bless { text => $text }, $class; }
    sub type { return 'TXT'; }
    sub txtdata { my $self = shift; return $self->{text}; }
    sub char_str_list { my $self = shift; return ($self->{text}); }
}
{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        return exists $records{$name} ? (OneRecord->new($records{$name})) : ();
    };
    *Mail::DKIM::DNS::query_async = sub {
        my ($name, $type, %how) = @_;
        my @found = exists $records{$name} ? (OneRecord->new($records{$name})) : ();
        my $after = $how{Callbacks}->{Success} || sub { return @_ };
        return sub { return $after->(@found) };
    };
}
my $verifier = Mail::DKIM::Verifier->new();
open(my $message, '<:raw', $ARGV[0]) or die "$ARGV[0]: $!";
while (<$message>) { s/\r?\n$//; $verifier->PRINT("$_\015\012"); }
$verifier->CLOSE;
my @all = $verifier->signatures;
my $bad = 0;
for my $signature (@all) {
    print $signature->algorithm, ': ', $signature->result_detail, "\n";
    $bad++ if $signature->result ne 'pass';
}
exit(@all && !$bad ? 0 : 1);
