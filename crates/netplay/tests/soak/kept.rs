//! Schedules that once failed, as small as they got, with what was wrong.

/// What was wrong, and the schedule that showed it.
pub const KEPT: &[(&str, &str)] = &[
    (
        "the owner dies while it asks about one that is deaf to it: that one and the next in line \
         asked again and again at the same time, and denied each other",
        "sums seed 591 peers 4 rtt 100 jitter 0 loss 0 reorder 0 duplicate 0 length 9185; \
         4000 deafen 1 0 2770; 4900 vanish 0",
    ),
    (
        "while the owner asks about a dead one, another does not hear it any more: its answer was \
         awaited for 1.5 s",
        "sums seed 513 peers 4 rtt 0 jitter 0 loss 0 reorder 0 duplicate 0 length 8388; \
         4000 crash 2; 4300 deafen 0 3 1298",
    ),
    (
        "one does not hear the owner, which heard it wait and excused it",
        "sums seed 484 peers 3 rtt 100 jitter 0 loss 0 reorder 0 duplicate 0 length 15851; \
         10660 join 4; 11300 deafen 0 2 2653",
    ),
    (
        "who had promised to follow one asker asked itself, passed over what that one appended, and \
         kept everybody waiting",
        "sums seed 382 peers 7 rtt 100 jitter 0 loss 0 reorder 0 duplicate 0 length 24759; \
         17600 split 0b1001111 841; 19200 slow 0 568 4100",
    ),
    (
        "the start came so late that all but the owner were held for lost; then the owner died, and \
         of those that were left nobody could take its own seat back",
        "sums seed 200 peers 4 rtt 300 jitter 30 loss 20 reorder 0 duplicate 0 length 23629; \
         4000 crash 0",
    ),
    (
        "who has not got the start yet asks for the match, and was held for one that gives its seat \
         up",
        "sim seed 65 peers 8 rtt 0 jitter 30 loss 0 reorder 0 duplicate 0 length 6000",
    ),
    (
        "a seat is given: it takes longer from then on until a frame is known to all, which is no \
         slower pace",
        "sums seed 311 peers 2 rtt 200 jitter 30 loss 0 reorder 0 duplicate 0 length 16603; \
         8600 vanish 1; 12700 return 2 1",
    ),
    (
        "the same without anybody's return",
        "sums seed 3304 peers 2 rtt 200 jitter 30 loss 0 reorder 0 duplicate 0 length 16002; \
         4000 crash 1; 11500 join 2",
    ),
    (
        "who goes over to another part of the room begins anew, and its pace as well",
        "sums seed 357 peers 4 rtt 200 jitter 30 loss 5 reorder 5 duplicate 5 length 19132; \
         4000 join 4; 4637 split 0b11000 6493; 5337 leave 1",
    ),
    (
        "a newcomer cannot get in while the only player is frozen",
        "sums seed 596 peers 3 rtt 0 jitter 0 loss 0 reorder 0 duplicate 0 length 16050; \
         4000 crash 2; 5100 leave 0; 10300 freeze 1 2462; 10500 return 3 2",
    ),
    (
        "a newcomer cannot get in over a split",
        "sums seed 175 peers 2 rtt 0 jitter 0 loss 0 reorder 0 duplicate 0 length 17604; \
         7100 split 0b11 6712; 10100 join 2",
    ),
    (
        "a newcomer is given a seat by an owner that was slow while it still listened, and held it \
         for lost at once; and a listener that inherits the match after two seconds has not stalled",
        "sim seed 83 peers 2 rtt 300 jitter 0 loss 5 reorder 5 duplicate 0 length 35445; \
         4000 leave 0; 4478 slow 1 528 4455; 5629 return 2 0; 6028 unsignal 0b10 9343; 7090 join 3",
    ),
    (
        "a newcomer is refused by a room that counts a crashed one until it has been silent for \
         2.5 s: that is no failure to get in",
        "sums seed 137 peers 8 rtt 50 jitter 30 loss 0 reorder 5 duplicate 5 length 28579; \
         3000 watch 8; 3000 watch 9; 3000 watch 10; 3000 watch 11; 3000 watch 12; 3000 watch 13; \
         3000 watch 14; 3000 watch 15; 8235 crash 14; 8625 return 16 14",
    ),
    (
        "the next match began before a watcher had been told the end of the last one, and it waited \
         for five seconds for somebody to tell it",
        "rounds seed 344 peers 3 rtt 200 jitter 0 loss 5 reorder 0 duplicate 0 length 36320; \
         3000 watch 3; 3000 watch 4; 3000 watch 5; 3000 watch 6; 3000 watch 7; 3000 watch 8; \
         3000 watch 9; 3000 watch 10; 3000 watch 11; 3000 watch 12; 3000 watch 13; 3000 watch 14; \
         3000 watch 15; 4000 crash 13; 11482 unsignal 0b1000000000000000 2446; 16434 vanish 0; \
         17461 return 16 13",
    ),
    (
        "a statement came over the reliable channel before its sender was met, and copies of the next \
         one waited for it for ever",
        "sim seed 1008 peers 8 rtt 200 jitter 30 loss 5 reorder 5 duplicate 0 length 38310; \
         4000 unsignal 0b11111111111111111111111111111111 3696; 5107 split 0b101110 6751; \
         5427 join 8; 8633 crash 8; 9157 join 9; 17119 return 10 8; 17485 split 0b1010010110 6825",
    ),
    (
        "two deaf ears at once: it took 0.8 s and a round trip to know of one, and whom another does \
         not hear held the owner that gave it up for hostile",
        "sim seed 1047 peers 4 rtt 200 jitter 30 loss 5 reorder 5 duplicate 0 length 36620; \
         4000 join 4; 4653 unsignal 0b1000 6934; 6428 crash 4; 10125 join 5; 10148 freeze 0 7649; \
         15453 deafen 5 2 3075; 15750 deafen 1 2 3721",
    ),
    (
        "the owner was slow, and what was only on its way to it was taken for broken pairs: \
         innocents lost their seats",
        "sim seed 2078 peers 4 rtt 100 jitter 30 loss 5 reorder 5 duplicate 5 length 21645; \
         4000 slow 0 529 3645",
    ),
    (
        "a driver went on telling a watcher from where it had been before it entered anew, and \
         was banned for it",
        "sums seed 2096 peers 8 rtt 200 jitter 0 loss 0 reorder 5 duplicate 5 length 26374; 4000 \
         join 8; 11064 crash 2; 11687 freeze 5 687",
    ),
    (
        "a watcher that is more than a second late compared no checksum, and went on showing a \
         part that was given up",
        "sums seed 2378 peers 3 rtt 300 jitter 0 loss 0 reorder 5 duplicate 5 length 24917; 4000 \
         split 0b11 6917; 4766 watch 3; 6460 chat 0; 6842 freeze 2 3281",
    ),
    (
        "all but one player left, who told only eight of those that watched",
        "sim seed 2850 peers 2 rtt 100 jitter 0 loss 0 reorder 5 duplicate 0 length 25958; \
         3000 watch 2; 3000 watch 3; 3000 watch 4; 3000 watch 5; 3000 watch 6; 3000 watch 7; 3000 \
         watch 8; 3000 watch 9; 3000 watch 10; 3000 watch 11; 3000 watch 12; 3000 watch 13; 3000 \
         watch 14; 3000 watch 15; 4000 leave 7; 5177 unsignal 0b100 6781; 6156 leave 0",
    ),
    (
        "the owner was slow with an even pace: not all found it too slow at the same time, and \
         denied each other",
        "sums seed 5072 peers 3 rtt 100 jitter 0 loss 5 reorder 0 duplicate 5 length 24047; 4000 \
         slow 0 339 2860",
    ),
    (
        "a slow peer seems to fall silent between two turns, and whoever does not hear it was \
         excused for ever",
        "sim seed 5578 peers 2 rtt 50 jitter 0 loss 0 reorder 5 duplicate 5 length 29416; \
         4000 join 2; 4297 deafen 2 1 4624; 4880 slow 2 512 2363; 9531 join 3; 10653 unsignal \
         0b11111111111111111111111111111111 3512",
    ),
    (
        "a late datagram of a listener's former core acknowledged what its new one lacks",
        "sums seed 5850 peers 5 rtt 200 jitter 30 loss 5 reorder 0 duplicate 5 length 27701; 4000 \
         crash 0; 5280 join 5; 6207 freeze 3 7494",
    ),
    (
        "whoever enters a match that ends refused the start of the next one, which counted on it",
        "rounds seed 3330 peers 3 rtt 100 jitter 0 loss 0 reorder 0 duplicate 0 length 17967; \
         4000 join 5; 7100 deafen 5 2 3614; 13600 freeze 5 5471; 16800 join 7",
    ),
    (
        "a process slept for so long that it was given up, for good",
        "sums seed 1 peers 2 rtt 50 jitter 0 loss 5 reorder 0 duplicate 0 length 80000; \
         4000 freeze 0 60000",
    ),
    (
        "a room was split for so long that its parts gave each other up, for good",
        "sums seed 2 peers 8 rtt 100 jitter 30 loss 20 reorder 5 duplicate 5 length 90000; \
         4000 split 0b00010110 60000",
    ),
    (
        "who had promised to follow an asker was not heard by it, which asked again without it: what \
         that one appended was passed over",
        "sums seed 101475 peers 4 rtt 0 jitter 0 loss 0 reorder 0 duplicate 0 length 16000; \
         4000 crash 0; 4100 deafen 2 1 1663",
    ),
    (
        "who was lost, too, and not asked what it has, was told how the log goes on without the inputs \
         that it lacked",
        "sums seed 101817 peers 3 rtt 200 jitter 0 loss 20 reorder 0 duplicate 0 length 24000; \
         4000 watch 3; 11400 crash 2; 12100 deafen 1 0 2154",
    ),
    (
        "the same, and its seat was given just before: what others had told of a bot's frames counted \
         as inputs that they had",
        "rounds seed 500025 peers 5 rtt 300 jitter 0 loss 5 reorder 5 duplicate 0 length 20000; \
         4000 join 5; 5862 split 0b110111 3352",
    ),
    (
        "an owner that two drivers did not hear was given up by all, and waited alone",
        "sums seed 5483 peers 8 rtt 200 jitter 0 loss 0 reorder 0 duplicate 0 length 24000; \
         9200 deafen 0 7 3437; 10300 deafen 0 2 1681",
    ),
    (
        "two drivers had not reached each other for long when the owner died: they were only judged \
         0.8 s after that was over",
        "sums seed 100282 peers 5 rtt 0 jitter 0 loss 0 reorder 0 duplicate 0 length 18000; \
         4000 deafen 4 3 2872; 4800 crash 0",
    ),
    (
        "the same while one of them was slow",
        "rounds seed 101126 peers 4 rtt 50 jitter 0 loss 20 reorder 0 duplicate 0 length 18000; \
         4000 crash 1; 5014 slow 2 378 2645",
    ),
    (
        "who woke heard how others had gone on before it knew that its owner was lost, and entered in \
         mid-match, so that it knew the end of the log only",
        "sim seed 101414 peers 4 rtt 0 jitter 30 loss 5 reorder 0 duplicate 5 length 26249; \
         4000 join 4; 4799 join 5; 5512 freeze 4 3797; 8006 freeze 5 1045; 8176 split 0b111100 4073; \
         8850 split 0b1000 3266",
    ),
    (
        "the owner left, and the next one asked before all had heard the goodbye: it was taken for one \
         that gives up those that live",
        "sums seed 101180 peers 8 rtt 300 jitter 0 loss 20 reorder 5 duplicate 0 length 26000; \
         4000 deafen 7 6 1482; 6878 slow 3 456 1996; 9845 join 8; 10652 deafen 7 1 5498; 11606 leave 0",
    ),
    (
        "the owner was slow, and everybody waited for others that waited for it: nobody owed that time",
        "sums seed 100863 peers 5 rtt 200 jitter 0 loss 5 reorder 0 duplicate 0 length 20000; \
         4000 slow 0 321 5576; 5907 watch 5",
    ),
    (
        "the next in line was slow: it needs a turn to see that the owner is lost, and one to hear the \
         answers",
        "sums seed 100419 peers 3 rtt 75 jitter 0 loss 0 reorder 0 duplicate 0 length 20000; \
         4000 crash 0; 4000 slow 1 474 2779",
    ),
    (
        "who does not reach the owner asked about it, just before it heard that the others had gone on \
         without it: it passed that over, and waited for an answer that nobody owed it",
        "sums seed 700197 peers 4 rtt 200 jitter 0 loss 20 reorder 5 duplicate 0 length 14951; \
         4000 crash 0; 10100 split 0b1110 2954; 10100 deafen 2 1 1886",
    ),
];
