/**
 * 2,048 English words of three to seven letters, for codes and for comparing keys: 11 bits each. Chosen for this
 * program: easy to read aloud, few that sound alike.
 */
const TEXT = `
able about above accept acid acorn across act active actor adapt add admit adult advice after again
agent agree ahead aim air alarm album alert alien alive almond alone along alpha also amber amount ample
anchor angle ankle answer ant antler any apart apple april apron arch area arena argue arm army aroma
around arrive arrow art artist ash aside ask asleep asset atlas atom attic audio august autumn avenue
award aware away awning axis baby back bacon badge bag bake baker ball ballet balm bamboo banana band
banjo bank banner bar bark barley barn barrel base basic basil basin basket bath batter bay beach beacon
bead beak beam bean bear beard beat beauty beaver bed bee beech beef beet beetle before begin behind
bell belong below belt bench bend berry best better between beyond bike bill birch bird birth biscuit
bishop bit black blade blank blanket blaze blend blink block bloom blossom blow blue blush board boat
body boil bold bolt bonus book boot border borrow both bottle bottom bounce bow bowl box boy bracket
brain branch brass brave bread break breeze brick bridge brief bright bring brisk broad bronze brook
broom brother brown brush bubble bucket buckle bud budget buffalo build bulb bundle bunny burrow bus
bush busy butter button buy buzz cabbage cabin cable cactus cake calf call calm camel camera camp canal
candle candy canoe canvas canyon cap cape capital captain car caramel card care cargo carol carpet
carrot carry cart carve case cash castle cat catch cattle cause cave cedar ceiling celery cell cello
cement center cereal chain chair chalk chance change chapel chapter charge charm chart chase cheap check
cheek cheese cherry chess chest chicken chief child chime chimney chin chip choice choose chorus cider
cinema circle circus citizen city claim clam clap class claw clay clean clear clerk clever cliff climb
clinic clip cloak clock close closet cloth cloud clover club coach coal coast coat cobalt cocoa code
coffee coin cold collar collect color column comb come comet comic common compass concert cook cool
copper copy coral cord core cork corn corner cost cotton couch cough count country couple course court
cousin cover cow cozy crab cradle craft crane crater crayon cream creek crew cricket crisp crop cross
crowd crown cruise crumb crust crystal cube cup curious curl current curtain curve cushion custom cycle
daily dairy daisy dam dance danger dark dart dash data date dawn day deal debate decade decide deck deep
deer degree delta den dentist depth desert design desk detail device dial diamond diary dice diet differ
dig digit dinner direct dish distant dive divide dock doctor dog doll dolphin domain dome donkey door
dot double dough dove down dozen draft dragon drama draw drawer dream dress drift drill drink drive drop
drum dry duck due duet dune during dust duty dwarf each eager eagle ear early earn earth easel east easy
eat echo edge edit effort egg eight either elbow elder elegant element elk elm ember emerald emotion
empire empty end energy engine enjoy enough enter entire entry equal era errand escape essay estate
evening event ever every exact example exit expand expert explain explore express extra eye eyebrow
fable fabric face fact factor fade fair fairy faith falcon fall family famous fan fancy far farm fast
father favor feast feather feed feel felt fence fern ferry fetch few fiddle field fifteen fifty fig
figure file fill film final finch find fine finger finish fire firm first fish fit five fix flag flame
flannel flap flash flat flavor fleet flight flint float flock floor flow flower fluffy flute fly foal
foam focus fog foil fold folk follow food foot forest forget fork form fort forty forum forward fossil
found four fox frame free freeze fresh friday friend fringe frog from front frost fruit fudge fuel full
fun funny future gadget gain galaxy gallery gallop game gander garage garden garlic garnet gate gather
gaze gear gem general gentle genuine giant gift ginger giraffe girl give glacier glad glass glide globe
glory glove glow glue goal goat gold golf good goose gown grace grade grain grand grape graph grass
gravel gravy gray great green greet grid grill grin grip grocery groom ground group grove grow guard
guess guest guide guitar gulf gull gum guppy gust gym habit hail hair half hall halo ham hammer hammock
hamster hand handle happen happy harbor hard harp harvest hat hatch have haven hawk hay hazel head
health heap heart heat heavy hedge heel height hello helmet help hemp hen herb herd hero heron herring
hidden high hike hill hinge hint hip history hive hobby hockey hold holiday hollow holly home honest
honey hood hoof hook hoop hope horizon horn horse hose hotel house hover how hub huge hum human humble
humor hundred hungry hurry hut ice icicle icon idea ideal iguana image impact inch income indeed index
indigo indoor ink inlet inn inner input insect inside instead into invent invite iris iron island item
ivory ivy jacket jade jaguar jam january jar jasmine jazz jeans jelly jet jewel jigsaw job jog join joke
jolly journal journey joy judge jug juice july jumbo jump june jungle junior juniper jury just kayak
keen keep kelp kennel kettle key kick kimono kind king kiosk kite kitten kiwi knee knit knob know koala
label lace ladder lady lagoon lake lamb lamp lance land lane lantern lap lapel laptop large lark laser
last late later laugh laundry lava law lawn lay layer lazy leader leaf league leap learn leather lecture
left leg legend lemon lend length lens lentil leopard less lesson letter lettuce level lever library lid
life lift light lilac lily lime limit line linen link lion lip liquid list listen liter little live
lizard llama load loaf lobby lobster local locket lodge loft log logic long look loop loose lorry lotus
loud lounge love low loyal luck lucky luggage lullaby lumber lunar lunch lung lynx lyric machine magenta
magic magnet magpie mail main major make mallet mammoth manage mango manner mantle manual many map maple
marble march margin marina mark market maroon marsh mask mast master match math matter maximum may mayor
maze meadow meal mean measure medal medium meet melody melon melt member memory mend menu mercy merry
mesh message metal meteor meter method middle might mild mile milk mill million mimic mind mineral
minimum minor mint minute mirror mist mitten mix mixer model modern modest mole moment monday money
monkey month moon moose moral more morning mosaic moss moth mother motion motor mound mouse mouth move
movie much mud muffin mug mule muscle museum music must mustard myself myth nacho name napkin narrow
nation native nature navy near neat neck nectar need needle neon nephew nerve nest net nettle network
never news next nice nickel niece night nimble nine noble nod noise noodle noon normal north nose note
nothing notice noun novel now number nurse nut nutmeg oak oasis oat object oboe observe ocean october
octopus odd offer office often oil okay old olive omelet once onion only onward onyx opal open opera
opinion option orange orbit orchard orchid order oregano organ origin osprey ostrich other otter ounce
outdoor outer outfit outside oval oven over owl own owner oxygen oyster pace pack paddle page pail paint
pajama palace palm panda panel panther pants papaya paper parade parcel parent park parrot parsley part
partner party pass pasta paste pasture patch path patient patio pattern pave pea peach peak peanut pear
pearl pebble pecan pedal pelican pen pencil penguin people pepper perfect perfume person pet petal phone
photo piano pick pickle picnic picture pie piece pier pig pigeon pilot pine pink pint pioneer pipe
pirate pitch pivot pixel pizza place plaid plain plan planet plank plant plate play plaza please plenty
plot plow plum plural plus pocket poem poet point polar pole polish polite polka pond pony pool popcorn
poplar poppy porch port portion post poster pot potato pottery pouch pound powder power prairie praise
prepare present press pretty pretzel price pride primary prince print prism private prize problem
process produce project promise proof proper proud prove provide public puddle puffin pull pulse puma
pump pumpkin pupil puppet puppy pure purple purpose purse push puzzle pyramid quail quake quality
quantum quarry quart quarter quartz quasar queen quest queue quick quiet quill quilt quince quit quite
quiver quiz quote rabbit raccoon race radar radio radish raft rail rain rainbow raise raisin rake rally
ranch range rapid rare rather raven ravine ray reach react ready real reason rebel recall receive recipe
record recover red reed reef reflect refresh region regular relax relay relief rely remain remind remote
rent repair repeat reply report rescue reserve resin resort respond rest result return reveal review
reward rhyme rhythm ribbon rice rich ride ridge ring ripe ripple rise river road roast robe robin robot
rock rocket rodeo roll roof room rooster root rope rose rotate round rover row royal rubber ruby rudder
rug rule ruler run runner rural rush rustic rye saddle safari safe saga sage sail sailor salad salmon
salt salute same sample sand sandal sardine satin saturn sauce sauna savanna save saw say scale scallop
scarf scene school science scoop scooter score scout screen script scroll sea seal search season seat
second secret section seed seek segment select senior sense sequel series serve session set settle seven
shade shadow shake shallow shape share shark sharp shawl shed sheep sheet shelf shell shelter sheriff
shield shift shine ship shirt shoe shop shore short shovel show shower shrimp shrub shuffle shut shuttle
shy side sight sign signal silence silk silver similar simple since sing single sink siren sister sit
six size skate sketch ski skill skin skirt sky slate sled sleep sleeve slice slide slim slipper slope
slow small smart smile smoke smooth snack snail snow soap soccer social sock soda sofa soft soil solar
soldier solid solo solve sonata song soon sort sound soup source south space spare spark sparrow speak
special speech speed spell spend spice spider spin spinach spiral spirit splash sponge spoon sport spot
spray spread spring spruce square squash stable stack stadium staff stage stair stamp stand star starch
start state station statue stay steady steak steam steel steep stem step stereo stick still stilt stir
stitch stock stone stool stop store stork storm story stove straw stream street stretch string stripe
strong student studio study style subject subway success such sudden sugar suit summer summit sun sunday
sunny sunset super supper supply sure surf surface swallow swamp swan sweater sweet swift swim swing
switch symbol syrup system table tablet tactic tadpole tail tailor take talent talk tall tan tangent
tango tank tape target tart task taste taxi tea teach team teapot tell temple ten tender tennis tent
term test text thank theater theme thick thimble thin thing think third thirty this thistle thorn thread
three thrive throat throne throw thumb thunder ticket tide tidy tie tiger tile timber time tin tiny tip
title toad toast today toffee token tomato tone tongue tonight tool tooth top topaz topic torch tornado
total toucan touch tour towel tower town toy track tractor trade trail train tram travel tray treat tree
trek tribe trick trim trio trip trolley trophy trout truck true trumpet trunk trust truth try tuba tube
tuesday tulip tuna tunnel turbine turkey turn turnip turtle tutor twelve twenty twice twig twin twist
type typical uncle under unicorn uniform union unique unit unity until unusual upon upper upset urban
urchin use useful usher usual utmost vacuum valley value valve van vanilla vapor varnish vase vast vault
vector velvet vendor verb verse vessel vest vet video view village vine vinegar viola violet violin
virtue visa visit visual vivid vocal voice volcano volley volume vote voyage wade waffle wagon waist
wake walk wall walnut walrus waltz wander want warbler warm wash wasp watch water wave wax way weather
weave web wedge weed week welcome well west whale wheat wheel whip whisker whisper whistle white whole
wicker wide wild willow win wind window wing winner winter wire wisdom wise wish with wizard wolf wombat
wonder wood wool word work world worth wrap wreath wren wrist yacht yard yarn yawn year yeast yellow yes
yeti yodel yoga yogurt yolk young your youth zebra zephyr zero zest zigzag zinc zipper zone zoo zoom
`

/** In alphabetical order, each once. */
export const CODE_WORDS: readonly string[] = TEXT.trim().split(/\s+/)
