#include "files.h"
#include "frames.h"
#include "system.h"
#include "parse_maps.h"
#include "parse_sched.h"
#include <stdio.h>
#include <inttypes.h>
int main(void){int r; if(np_root_open("/",&r))return 1; struct np_frames f={0}; printf("%d\n",np_frames_read(r,&f));
for(size_t i=0;i<f.count;i++)printf("%"PRIx64" %"PRIx64" %u\n",f.ranges[i].start_pfn,f.ranges[i].end_pfn,f.ranges[i].node);
struct np_snapshot*s=np_snapshot_create(); printf("sys %d\n",np_system_read(r,s));
printf("%s %s %d %d thp %s ld %s n %zu cpus '%s' mem %"PRId64" free %"PRId64" dist %"PRId64" vm %d %"PRId64"\n",s->system.kernel,s->system.machine,s->system.numa_balancing.known,(int)s->system.numa_balancing.value,s->system.thp,s->system.lockdown,s->system.node_count,s->system.nodes[0].cpus,s->system.nodes[0].memory_bytes.value,s->system.nodes[0].free_bytes.value,s->system.nodes[0].distances[0].value,s->system.vmstat.numa_hint_faults.known,s->system.vmstat.numa_hint_faults.value);
for(size_t i=0;i<s->problem_count;i++)printf("P %s %s %d %s\n",s->problems[i].what,s->problems[i].operation,s->problems[i].error,s->problems[i].effect);
struct np_text t={0}; np_read_text(r,"proc/self/maps",&t); struct np_maps m; printf("%d\n",np_parse_maps(t.data,t.length,&m));
for(size_t i=0;i<m.count;i++)printf("%"PRIx64" %"PRIx64" %s %"PRIx64" %x:%x %"PRIu64" %s\n",m.maps[i].start,m.maps[i].end,m.maps[i].perms,m.maps[i].offset,m.maps[i].dev_major,m.maps[i].dev_minor,m.maps[i].inode,m.maps[i].path);
np_text_free(&t); np_read_text(r,"proc/self/sched",&t); struct np_sched c; printf("%d\n",np_parse_sched(t.data,t.length,&c));printf("%s %d %d %d\n",c.command,(int)c.threads.value,(int)c.scan_seq.value,(int)c.preferred_node.value);
np_text_free(&t);np_maps_free(&m);np_frames_free(&f);np_snapshot_destroy(s);return 0;}
