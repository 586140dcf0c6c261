/*
 * Goal: what the tools of others write is read as it was meant, whatever names the subject has, and a file
 * that is cut short is refused. The files are what the tools write, shortened.
 */
#include "profile/agreement.h"
#include "profile/job.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WARMUP = 1, CHECKPOINTS = 2 };

typedef struct fixture {
    char folder[64];
    hg_cell_plan plan;
    hg_profile profile;
    hg_profile_job job;
} fixture;

static fixture *begin(const char *tool)
{
    fixture *made = calloc(1, sizeof *made);
    cr_assert(ne(ptr, made, NULL));
    strcpy(made->folder, "/tmp/heapgate-unit-XXXXXX");
    cr_assert(ne(ptr, mkdtemp(made->folder), NULL));
    made->plan.runner = "/opt/heapgate-runner";
    made->profile = (hg_profile){.tool = hg_tool_find(tool), .ops = 10, .rounds = 1, .warmup_rounds = WARMUP};
    made->job = (hg_profile_job){.plan = &made->plan,
                                 .folder = made->folder,
                                 .checkpoints = CHECKPOINTS,
                                 .warmup_checkpoints = WARMUP,
                                 .message = made->profile.message,
                                 .message_size = sizeof made->profile.message};
    return made;
}

static void write_file(const fixture *made, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", made->folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(ne(ptr, file, NULL));
    fputs(text, file);
    cr_assert(eq(int, fclose(file), 0));
}

static void end(fixture *made)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", made->folder);
    cr_expect(eq(int, system(command), 0));
    hg_tool_sites_free(&made->profile.sites);
    free(made->profile.checkpoints);
    free(made);
}

/* The site whose innermost frame is this function; the test ends when there is none. */
static const hg_tool_site *site_of(const fixture *made, const char *function)
{
    for (size_t i = 0; i < made->profile.sites.count; i++) {
        const hg_tool_site *site = &made->profile.sites.sites[i];
        if (site->frame_count > 0 && strcmp(site->frames[0].function, function) == 0)
            return site;
    }
    cr_assert(false, "no site of %s among %zu", function, made->profile.sites.count);
    return NULL;
}

#define XML_FRAME(module, function, file, line)                                                              \
    "<frame><ip>0x1</ip><obj>" module "</obj><fn>" function "</fn><file>" file "</file><line>" line          \
    "</line></frame>"
#define XML_ERROR(kind, bytes, blocks, frames)                                                               \
    "<error><kind>" kind "</kind><xwhat><text>t</text><leakedbytes>" bytes                                   \
    "</leakedbytes><leakedblocks>" blocks "</leakedblocks></xwhat><stack>" frames "</stack></error>\n"
#define XML_POINT(text) "<clientmsg><tid>1</tid><text>heapgate checkpoint " text "  </text></clientmsg>\n"
#define MALLOC          XML_FRAME("/usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so", "malloc", "", "")
#define RUNNER          XML_FRAME("/opt/heapgate-runner", "run_round", "runner.c", "165")
#define CACHE           MALLOC XML_FRAME("/s/lib.so", "keep", "a b.c", "7") RUNNER
#define LOST_NAME       "std::map&lt;k, v&gt;::lose(int) \xe9"
#define LOST            MALLOC XML_FRAME("/s/lib.so", LOST_NAME, "l.cc", "9") RUNNER

static const char memcheck_file[] =
    "<?xml version=\"1.0\"?>\n<valgrindoutput>\n" XML_ERROR("Leak_StillReachable", "100", "1", CACHE)
        XML_ERROR("Leak_DefinitelyLost", "50", "1", LOST)
            XML_POINT("0 lost 2 90 possible 0 0 reachable 1 100")
                XML_ERROR("Leak_StillReachable", "300", "3", CACHE) XML_ERROR("UninitValue", "9", "9", CACHE)
                    XML_ERROR("Leak_DefinitelyLost", "250", "5", LOST)
                        XML_ERROR("Leak_IndirectlyLost", "200", "5", LOST)
                            XML_POINT("1 lost 10 250 possible 0 0 reachable 3 300") "</valgrindoutput>\n";

Test(harness_profile, memcheck_growth_is_what_came_after_warm_up)
{
    fixture *made = begin("memcheck");
    write_file(made, "memcheck.xml", memcheck_file);
    cr_assert(hg_memcheck_read(&made->job, &made->profile), "%s", made->profile.message);
    hg_tool_sites_finish(&made->profile.sites, made->plan.runner);
    cr_assert(eq(sz, made->profile.sites.count, 2));
    const hg_tool_site *kept = site_of(made, "keep");
    cr_expect(eq(int, kept->kind, HG_TOOL_REACHABLE));
    cr_expect(eq(sz, kept->frame_count, 1), "malloc and the runner are no part of a call path");
    cr_expect(eq(i64, hg_tool_site_growth(kept).bytes, 200));
    cr_expect(eq(i64, hg_tool_site_growth(kept).blocks, 2));
    cr_expect(eq(str, kept->frames[0].file, "a b.c"));
    cr_expect(eq(int, kept->frames[0].line, 7));
    const hg_tool_site *lost = site_of(made, "std::map<k, v>::lose(int) \xe9");
    cr_expect(eq(int, lost->kind, HG_TOOL_LOST));
    cr_expect(eq(i64, hg_tool_site_growth(lost).bytes, 200), "what hangs from a lost block is counted once");
    cr_expect(eq(i64, made->profile.checkpoints[1][HG_TOOL_LOST].bytes, 250));
    end(made);
}

Test(harness_profile, a_memcheck_file_that_is_cut_short_is_refused)
{
    const char *second = strstr(memcheck_file, "heapgate checkpoint 1");
    for (size_t length = 30; length < (size_t)(second - memcheck_file); length += 97) {
        fixture *made = begin("memcheck");
        char *text = strndup(memcheck_file, length);
        write_file(made, "memcheck.xml", text);
        cr_assert(not(hg_memcheck_read(&made->job, &made->profile)), "cut at %zu", length);
        cr_expect(ne(chr, made->profile.message[0], '\0'));
        free(text);
        end(made);
    }
}

#define MASSIF(total, tree)                                                                                  \
    "#-----------\nsnapshot=0\n#-----------\ntime=1\nmem_heap_B=" total                                      \
    "\nmem_heap_extra_B=8\nmem_stacks_B=0\n"                                                                 \
    "heap_tree=detailed\n" tree

Test(harness_profile, massif_growth_is_the_difference_of_two_snapshots)
{
    fixture *made = begin("massif");
    write_file(made, "massif.round-000",
               MASSIF("120", "n2: 120 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
                             " n1: 100 0x1: Map<int (*)(char)>::put(int (*)(char)) (map of.cc:3)\n"
                             "  n0: 100 0x2: run_round (runner.c:165)\n"
                             " n0: 20 0x3: ??? (in /usr/lib/x.so)\n"));
    write_file(made, "massif.round-001",
               MASSIF("450", "n2: 450 (heap allocation functions) malloc/new/new[], --alloc-fns, etc.\n"
                             " n2: 430 0x1: Map<int (*)(char)>::put(int (*)(char)) (map of.cc:3)\n"
                             "  n0: 400 0x2: run_round (runner.c:165)\n"
                             "  n0: 30 0x2: other (in /s/lib.so)\n"
                             " n0: 20 0x3: ??? (in /usr/lib/x.so)\n"));
    cr_assert(hg_massif_read(&made->job, &made->profile), "%s", made->profile.message);
    hg_tool_sites_finish(&made->profile.sites, made->plan.runner);
    const hg_tool_site *first = &made->profile.sites.sites[0];
    cr_expect(eq(str, first->frames[0].function, "Map<int (*)(char)>::put(int (*)(char))"));
    cr_expect(eq(str, first->frames[0].file, "map of.cc"));
    cr_expect(eq(i64, hg_tool_site_growth(first).bytes, 300));
    cr_expect(eq(i64, hg_tool_site_growth(first).blocks, -1), "massif counts no blocks");
    const hg_tool_site *second = &made->profile.sites.sites[1];
    cr_assert(eq(sz, second->frame_count, 2));
    cr_expect(eq(str, second->frames[1].module, "/s/lib.so"));
    cr_expect(eq(i64, hg_tool_site_growth(second).bytes, 30));
    cr_expect(eq(i64, hg_tool_site_growth(&made->profile.sites.sites[2]).bytes, 0));
    cr_expect(eq(i64, made->profile.checkpoints[1][HG_TOOL_ALIVE].bytes, 450));
    end(made);
}

Test(harness_profile, massif_without_one_of_its_snapshots_is_refused)
{
    fixture *made = begin("massif");
    write_file(made, "massif.round-000", MASSIF("1", ""));
    cr_assert(not(hg_massif_read(&made->job, &made->profile)));
    cr_expect(ne(ptr, strstr(made->profile.message, "massif.round-001"), NULL), "%s", made->profile.message);
    write_file(made, "massif.round-001", "desc: (none)\n");
    cr_assert(not(hg_massif_read(&made->job, &made->profile)));
    cr_expect(ne(ptr, strstr(made->profile.message, "holds no snapshot"), NULL), "%s", made->profile.message);
    end(made);
}

Test(harness_profile, dhat_tells_what_is_alive_at_the_end)
{
    fixture *made = begin("dhat");
    write_file(
        made, "dhat.json",
        "{\"dhatFileVersion\":2,\"pps\":[{\"eb\":640,\"ebk\":10,\"fs\":[1,2,99]},{\"eb\":0,\"ebk\":0,\"fs\":["
        "2]}],"
        "\"ftbl\":[\"[root]\",\"0x1: malloc (in /usr/libexec/valgrind/v.so)\",\"0x2: keep (k.c:4)\"]}");
    cr_assert(hg_dhat_read(&made->job, &made->profile), "%s", made->profile.message);
    hg_tool_sites_finish(&made->profile.sites, made->plan.runner);
    cr_assert(eq(sz, made->profile.sites.count, 1));
    cr_expect(eq(i64, hg_tool_site_growth(site_of(made, "keep")).blocks, 10));
    end(made);
}

Test(harness_profile, a_dhat_file_that_is_cut_short_or_something_else_is_refused)
{
    static const char *const files[] = {"", "{\"pps\":[{\"eb\":640", "{\"pps\":1,\"ftbl\":[]}", "[]"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fixture *made = begin("dhat");
        write_file(made, "dhat.json", files[i]);
        cr_assert(not(hg_dhat_read(&made->job, &made->profile)), "%s", files[i]);
        cr_expect(ne(ptr, strstr(made->profile.message, "dhat.json cannot be read"), NULL));
        end(made);
    }
}

/* What memcheck found in four measured rounds, and what it then says of a verdict. */
static hg_cross_answer answer_of(hg_verdict verdict, int64_t lost_a_round, int64_t reachable_a_round)
{
    hg_tool_count checkpoints[6][HG_TOOL_KINDS] = {0};
    hg_profile profile = {.tool = hg_tool_find("memcheck"),
                          .state = HG_PROFILE_DONE,
                          .ops = 40,
                          .rounds = 4,
                          .warmup_rounds = 2,
                          .checkpoints = checkpoints,
                          .checkpoint_count = 6};
    for (int64_t i = 0; i < 6; i++) {
        checkpoints[i][HG_TOOL_LOST] =
            (hg_tool_count){.bytes = 8 * i * lost_a_round, .blocks = i * lost_a_round};
        checkpoints[i][HG_TOOL_REACHABLE] =
            (hg_tool_count){.bytes = 8 * i * reachable_a_round, .blocks = i * reachable_a_round};
    }
    profile.gained[HG_TOOL_LOST] = (hg_tool_count){.bytes = 32 * lost_a_round, .blocks = 4 * lost_a_round};
    profile.gained[HG_TOOL_REACHABLE] =
        (hg_tool_count){.bytes = 32 * reachable_a_round, .blocks = 4 * reachable_a_round};
    const hg_cell cell = {.verdict = verdict};
    return hg_profile_cross_check(&profile, &cell).answer;
}

Test(harness_profile, memcheck_answers_by_what_grows)
{
    cr_expect(eq(int, answer_of(HG_VERDICT_LEAK, 10, 0), HG_CROSS_AGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_LEAK, 10, 10), HG_CROSS_AGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_LEAK, 0, 10), HG_CROSS_REACHABLE));
    cr_expect(eq(int, answer_of(HG_VERDICT_LEAK, 0, 0), HG_CROSS_DISAGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_CLEAN, 0, 0), HG_CROSS_AGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_CLEAN, 0, 10), HG_CROSS_AGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_CLEAN, 10, 0), HG_CROSS_DISAGREES));
    cr_expect(eq(int, answer_of(HG_VERDICT_INCONCLUSIVE, 10, 0), HG_CROSS_NONE));
}

Test(harness_profile, a_tool_gets_a_share_of_the_ops_and_never_fewer_than_two_a_round)
{
    const hg_cell_plan large = {.ops = 10000, .rounds = 10};
    const hg_cell_plan small = {.ops = 20, .rounds = 10};
    for (const hg_tool *tool = hg_tools(); tool->name; tool++) {
        cr_expect(eq(u64, hg_profile_ops(tool, &large), 10000 / tool->slowness), "%s", tool->name);
        cr_expect(eq(u64, hg_profile_ops(tool, &small), 20), "%s", tool->name);
    }
}
