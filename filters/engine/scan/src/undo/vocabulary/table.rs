//! Written by `tables/letters.py`; do not edit.

/// Common English words, the most frequent first, each with a space after it.
#[rustfmt::skip]
pub(super) const COMMON: &str = "\
the a to and of in for is that with on as are or from you an this it be by at have can was your will has not about \
one their how all but which following into more they up what who question should answer if other when also first \
just such two so any its time would been do his some out over them like given no he use after most only using best \
through had there were well between than new we me each my before get while people need provide these sentence based \
where year make then work want name text could same above information both include way different may including \
because high during very life many help last list language test find made down being data day error around details \
used him said world article def much style person does years long her take write questions good story code create \
now another below import place three user know see back must specific end she set com return next since task even \
clear email number process movie system title under according please too did home large part together go order our \
product right sure think off type level making state against explain old review those context later called found \
going less second examples full key top known least main output real word never own small without body city come \
experience say account give across several summary until early often words available left plot quality something try \
us business every great performance still why content features focus food team within example feel four potential \
professional light options problem related research choose days detailed group line needs news personal point step \
am background better film points series social start working area elements hand having here impact possible provided \
support tone water care description look reply school term took understand works written always away common family \
natural paragraph request various again country field instead action date design few response short show structure \
times looking major white checking current death form input modern non plan really role simple writing along company \
money told concise friend important keep love someone call charged class creating got post put range size tips add \
change development due ensure free improve lead little media single act card environment history idea low message \
might others play raise result true value able friends inside past practices present recent report self case comes \
dialogue expert future getting house human job results side table amount atmosphere behind color market once public \
run source subject thing today unique whether black correct face function image instructions night passage program \
students technology tell third approach hello material music piece steps topic view young analysis areas building \
charge continue deep easy final friendly half hard local model move object scale setting takes things users app \
become concepts depth engaging industry interest let lighting likely means needed reading reason required service \
services thinking trying yet bring character choices complete comprehensive everything five hours lot million online \
strong target tools transaction week added audience build check decide ever includes largest live location makes \
method minutes open read red room situation skills taking via actually already bad changes close considered develop \
energy late numpy outside received skin sources space terms though throughout version website characters contains \
control course man nothing original power print realistic receiving script types vivid complex correctly fact fit \
follow generate length multiple notifications numbers option project record share shot techniques visual addition \
additional allow application became big cover designed errors format further happy ingredients leading learn located \
names period products published rating says scene security significant special texture total uses ways web whose \
break brief children coming doing done etc file government ground health i management months necessary perfect \
relevant seen similar strategies success technical video whole address almost came describe effective enhance front \
growth increase independent individual individuals issues learning meaning offer paper quickly reader rest search \
section string taken wrote air among asked benefits clean colors creative customer debit died digital events extra \
far guide happens images included leave living meet members men methods named overall paraphrase party platform \
private prompt recommend statement transactions wide access advice blood born camera college feature hands hour \
logic page police position providing software solution south summarize appropriate behavior book cannot car \
conversation critical descriptions frame girl green guess hair happened higher match mean mercury physical positive \
probably rather reference released rules screen soft store supposed town understanding values wife woman affect \
although anything art blue cause changed contrast dark dispute effect enough entity eyes flow former forward game \
handle held himself increases knowledge land moment negative outgoing per political popular problems produced \
production rate relationship reports science simply suggest systems weight age attention bowl brand center \
challenges cost detail easily economic especially explanation explanations expression force giving global groups \
highly kind letter month population pretty proper recipe remains requires resolution returns running sent shows site \
soon staff surface topics warm answers array began claims community consider cultural daily developed else finished \
head importance instruction interface issue latest leaves loss manager marketing office readers remain saw sense \
sound standards started successful tasks tells visible watch went ago ask asking avoid career causes century contact \
descriptive direct edge enjoy feeling fight financial followed fully goal greater hope initial led lines lives lost \
movement narrative nice official parts pass plans pressure prevent recommendations separate song track wanted \
allowed base believe capital certain comments companies decided decision described east effects event eventually \
formed fun games general goes highest highlights influence involved levels meeting member mentioned met module ones \
percent platforms playing purpose quite release requirements season six slightly student teams training waiting \
wrong angle applications architecture bank beginning bit convey cooking cut documentation efficient entire evidence \
explore failed fix goals grow ideas interview lower mother moved near nearly objects picture price recently region \
reported reviews risk shape spent street study train women active announced average category countries created \
customers defined emotional employees exercise existing experienced facts fast focused gets handling historical \
increased interested itself link maintain matches minimal missing network notes offers particular pay perform \
produce road safety sentiment showing speed sports structured suggestions temperature turn wants weather widespread \
actionable activities built central choice completely concerns conditions core determine developing discuss \
documents eat either element emotions experiences factors fellow fresh gave gone healthy heart immediately \
incorporate larger messages middle morning movies national phone players progress provides regular seems studio \
suggestion travel turned usually videos worth adding articles attend ball beautiful becomes books border bright \
capture carry cases caused combined commercial corner couple court culture daughter deal expertise eye fire framing \
frequently highlight hold however identify incorporating initiated label labels longer materials medium motion north \
opportunity otherwise paid paragraphs photo planning plant played player press primary projects properly reach \
reduce score seeing sensory shadows states stop studies suitable tasked testing textures thought wall whom accuracy \
alternative apply author believed box campaign clearly components creation don drive earlier effectively essential \
exactly files filled fine generated generation happen helpful island items killed law medical military mind oil \
operations organization parents programs race saying settled smaller sometimes standard station status strategy \
summer themes typically variety voice wait west window yes ability actual ahead animal associated beyond board \
budget buy calls chief claim columns communication compared composer conflict consistent constraints credit cross \
dangerous devices difficult dinner disease dish display education empty engage exact expressed fall false forms \
functions height holding hot identity implementation informative interactive internal international item journey \
knowing looks matter memory mobile mood multi officially opportunities patterns places powerful president property \
readable ready remember responsive returned safe serious sharp sklearn stand stories sum teacher theme themselves \
unknown updates visually yourself allows alone appealing assistant aware bar basis billion blog bottom cell classes \
composition computer construction default definition die dog door driving established executive expected express \
extremely feedback feels female finding functionality guidance hit https index inputs insights instance introduced \
languages leads links moving noise operation path practical processes programming python resources restaurant rights \
selling sentences serving sharing shown specializing star starts stock storage sugar talk taste template translation \
unless update win withdrawn won abstract accurate activity afternoon analyze applied buildings cartoon cat child \
cinematic clarity club commonly condition containing continues controlled currently difference directly discovers \
document educational engagement estimated except figure finish football forced heavy helped investment jobs keeping \
landscape leader lists manage minute mixed models mountain musical nose note pattern perspective plastic poem \
populous practice preauthorized prefer profile random reasoning rich sales schools senior settings sex southern \
square stars starting stay subtle syntax tech touch towards trees trip upon usage variable visit war waves wind \
worked academic ancient animals arrived birth block breaking breaks cells chat cities classic cold collection \
command concept copy debris designing director discussing doctor drug dry dust ended engine explains extract facing \
fair favorite findings flavor follows grade imagery internet join layout learned leaving legal lived machine manner \
map normal overcome permanent pieces plus policy portion pose previous prior processing proportions raised relation \
requested researchers rewrite river roles runs save scientist serve sign significance solutions son sort speaking \
stack stage suit suppose technologies ten tests thoughts tones tool tournament treatment turns walk western widely \
winter accessible aid alive allowing appear appears argument balance basic beauty becoming biggest broke butter \
changing client closer coding completed convert covered covers declared describes device directed diverse double \
download driven eight ends enters entirely exist experts explaining extensive faster fears featuring felt flat floor \
focusing genre host huge ice inspiration interesting interests json lifestyle logical matching max maybe meal \
metrics older opens organizations partner placed pool posted precise prices primarily prison purchase quick randn \
recommended reflection removed replace responsible reveals salt scope sea shared shifts smart teaching television \
threatens toward traditional transport university urban validate wear writer zero achieve acknowledged actions \
agency agree agreed artist attribute barely begin benefit bold bought bridge brought bullet centered civil clothing \
colleagues compelling connection consists continued corporate count creates criteria dead decisions demand \
discovered dramatic draw drink effectiveness efforts emotion engineer environmental expanded fan father fictional \
films finds fourth heard heat introduction knew knocked latter likes listening logos lose mass mix mostly narrow \
nation naturally nature navigation opened opening optional pages pain painting pandas papers participate patient \
payment performed pictures politics predict presentation prompts protagonist proteins receive recommendation \
reflections relationships respect rock seat sell send served seven shop sides signed smile solid sounds split stress \
structures supported supporting tables talking torch tried unconscious unexpected unit verify weeks yesterday \
accessibility accounts achieving actor advanced advantages affected answerable apart apartment appearance applicable \
arrest arrive aspects attack automated brown button calm candidate cars challenge challenging checked claimed \
cleaning coach comedy completion confirmed conflicts cool cup custom database demonstrate deployment distance \
district dropping dtype duplicates earth eating eccentric economy edit employee engineering enter entry equipment \
eruptions essay estate \
";
