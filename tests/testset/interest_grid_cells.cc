/*
 * Imitates the interest management of a game server: 400 players wander over an endless plane of cells; a
 * cell is made when the first player enters it and removed when the last one leaves.
 * The mistake: a player that is moved by a portal (1 op in 800 by chance) is taken from its cell without
 * looking whether the cell is empty now. An empty cell is found again only by chance, as portals lead to ever
 * new places.
 * The healthy twin has a cell per player at most. The players start in one cell and are apart only when
 * nearly all have come through a portal, one in 320,000 ops for each, so it grows ever more slowly: steady
 * after op 1,000,000.
 */
#include <heapgate/workload.h>
#include <map>
#include <memory>
#include <utility>

static uint64_t seed, state;

/* The next number that this op draws (splitmix64). */
static uint64_t draw(void)
{
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

namespace
{

constexpr size_t count = 400;
constexpr int64_t size = 64;

using Place = std::pair<int64_t, int64_t>;

struct Cell {
    unsigned players = 0;
    uint64_t events[6] = {};
};

struct Player {
    int64_t x = 0, y = 0;
};

std::map<Place, std::unique_ptr<Cell>> *cells;
Player *players;

Place place_of(const Player &player)
{
    return {player.x / size, player.y / size};
}

__attribute__((noinline)) std::unique_ptr<Cell> &cell_make(const Place &place)
{
    auto &cell = (*cells)[place];
    if (!cell) {
        cell = std::make_unique<Cell>();
    }
    return cell;
}

void leave(const Place &place, bool look)
{
    auto found = cells->find(place);
    if (--found->second->players == 0 && look) {
        cells->erase(found);
    }
}

void move(Player &player, int64_t x, int64_t y, bool portal)
{
    Place from = place_of(player);
    player.x = x;
    player.y = y;
    Place to = place_of(player);
    if (from != to) {
        cell_make(to)->players++;
        leave(from, !LEAKS || !portal);
    }
}

} // namespace

int heapgate_setup(void)
{
    seed = heapgate_seed() * 0xA0761D6478BD642F;
    cells = new std::map<Place, std::unique_ptr<Cell>>;
    players = new Player[count];
    cell_make(Place{0, 0})->players = count;
    return 0;
}

int heapgate_iterate(uint64_t i)
{
    state = seed ^ i * 0xD1342543DE82EF95;
    Player &player = players[draw() % count];
    if (draw() % 800 == 0) {
        move(player, static_cast<int64_t>(draw() >> 24), static_cast<int64_t>(draw() >> 24), true);
    } else {
        int64_t x = static_cast<int64_t>(draw() % 33) - 16, y = static_cast<int64_t>(draw() % 33) - 16;
        move(player, player.x + x, player.y + y, false);
    }
    return 0;
}

void heapgate_teardown(void)
{
    delete cells;
    delete[] players;
}
