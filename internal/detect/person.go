package detect

import (
	"strings"
	"sync"
	"unicode"

	"socle/internal/cog"
)

// firstNames are usual first names in France, of all ages, folded. They only say
// that a column looks like first names; a name that is not here proves nothing.
var firstNames = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(firstNameList) {
		m[n] = true
	}
	return m
})

const firstNameList = `
adam adele adeline adrien agathe agnes ahmed aicha alain alban albert alex alexandra alexandre alexia alexis ali alice alicia aline alix alma amandine ambre
amelie amina amine anais anatole andre andree angele angelique anna anne annette annick annie anthony antoine antoinette antonin apolline ariane aristide armand
arnaud arthur astrid aude audrey auguste augustin aurelie aurelien aurore axel axelle ayoub baptiste barbara basile bastien beatrice benedicte benjamin benoit
bernadette bernard berthe bertrand bilal blanche boris brice brigitte bruno camille capucine carine carla carole caroline catherine cecile cedric celeste celia
celine chantal charles charlie charline charlotte chloe christelle christian christiane christine christophe claire clara clarisse claude claudette claudine
clemence clement clementine coline colette constance constant coralie corentin corinne cyril cyrille damien daniel daniele danielle david deborah delphine denis
denise diane didier dimitri dominique dorian dorothee dylan edith edmond edouard eleonore elena eliane elias elie eliette eline elisa elisabeth elise eloise
elodie elsa emile emilie emilien emma emmanuel emmanuelle enzo eric erwan esteban estelle esther etienne eugene eugenie eva evelyne fabien fabienne fabrice fanny
fatima fatou felix ferdinand fernand fernande flavie flavien fleur flora florence florent florian florine franck francine francis francois francoise frederic
frederique gabin gabriel gabrielle gael gaelle gaetan gaspard gaston genevieve geoffrey georges georgette gerald geraldine gerard germaine ghislaine gilbert
gilberte gilles ginette gisele gregoire gregory guillaume gustave guy gwenaelle hamza hannah hector helene henri henriette herve hortense hugo hugues ibrahim
ignace ilyes ines irene iris isabelle isaac ismael jacqueline jacques jade jamal jean jeanine jeanne jennifer jeremie jeremy jerome jessica joachim joan joel
joelle johanna jonathan jordan josephine josette joseph josiane joy jules julia julie julien juliette justin justine karim karine kevin khadija kylian laetitia
lana laura laure laurence laurent laurie lea leila lena leo leon leonie leopold lila lili liliane lilou lily lina line lionel lisa lise lola loic lou louane louis
louisa louise louna luc luca lucas lucette lucie lucien lucienne lucile ludivine ludovic lydia lyna mae maelle maeva magali malik malo manon marc marcel marcelle
margaux margot marguerite maria mariam marianne marie marielle marina marine marion marius marjorie marlene martial martin martine maryse mateo mathias mathieu
mathilde mathis matthieu maud maurice max maxence maxime maya megane mehdi melanie melina melissa mia michael michel michele micheline mickael mila milan milo
mireille mohamed mohammed monique morgan morgane moussa muriel mustapha myriam nadege nadia nadine naomi nathalie nathan nathanael nawel nicolas nicole nina noa
noah noam noe noel noelle noemie nolan norbert nour oceane odette odile olivia olivier omar oscar pascal pascale patrice patricia patrick paul paula paule pauline
paulette perrine philippe philippine pierre pierrette prune quentin rachel rachid raoul raphael raphaelle raymond raymonde rayan rebecca regine regis remi remy
renaud rene renee robert robin rodolphe roger roland rolande romain romane rosalie rose roxane ruben rudy sabine sabrina sacha said salome samia samir samuel sandra
sandrine sara sarah sasha sebastien serge severine sidonie simon simone sofia sofiane solange solene soline sonia sophie stella stephane stephanie steven suzanne
swann sylvain sylvaine sylvia sylvie tatiana teo theo theodore theophile therese thibault thibaut thierry thomas tiago timeo timothee tiphaine titouan tom tony
tristan ugo ulysse ursule valentin valentine valerie vanessa vera veronique victoire victor victoria vincent violette virginie viviane wassim wendy wilfried
william xavier yacine yael yann yanis yasmine yoan yohan yolande youssef yvan yves yvette yvonne zelie zoe zacharie zineb
`

// isFirstName: one to three words of letters, the first (or its first half) usual.
func isFirstName(s string) bool {
	list := strings.Fields(cog.FoldName(s))
	return len(list) > 0 && len(list) <= 3 && firstNames()[list[0]] && lettersOnly(s)
}

// isNameText: letters, spaces, hyphens and apostrophes only, few words.
func isNameText(s string) bool {
	n := len(strings.Fields(s))
	return len(s) >= 2 && len(s) <= 60 && n <= 4 && lettersOnly(s)
}

// isFullName: two to five words of which the first or the last is a usual first
// name, with or without a title in front.
func isFullName(s string) bool {
	list := strings.Fields(cog.FoldName(s))
	if len(list) > 0 {
		switch list[0] {
		case "m", "mr", "mme", "mlle", "madame", "monsieur":
			list = list[1:]
			if len(list) > 0 && len(list) <= 4 && lettersOnly(s) {
				return true
			}
		}
	}
	if len(list) < 2 || len(list) > 5 || !lettersOnly(s) {
		return false
	}
	return firstNames()[list[0]] || firstNames()[list[len(list)-1]]
}

func lettersOnly(s string) bool {
	for _, r := range s {
		if !unicode.IsLetter(r) && !strings.ContainsRune(" -'’.", r) && !unicode.Is(unicode.Mn, r) {
			return false
		}
	}
	return true
}

// functional are the words in front of @ in addresses of services.
var functional = map[string]bool{
	"contact": true, "mairie": true, "accueil": true, "info": true, "infos": true, "information": true, "secretariat": true, "direction": true, "service": true,
	"services": true, "admin": true, "administration": true, "commune": true, "ville": true, "urbanisme": true, "culture": true, "sports": true, "sport": true,
	"dpo": true, "rgpd": true, "opendata": true, "data": true, "donnees": true, "webmaster": true, "communication": true, "ccas": true, "ecole": true,
	"mediatheque": true, "bibliotheque": true, "tourisme": true, "office": true, "dgs": true, "rh": true, "technique": true, "services-techniques": true,
	"police": true, "etat-civil": true, "etatcivil": true, "association": true, "asso": true, "club": true, "bureau": true, "president": true, "support": true,
	"reservation": true, "reservations": true, "compta": true, "comptabilite": true, "facturation": true, "marches": true, "courrier": true, "noreply": true,
	"hello": true, "bonjour": true, "maire": true, "cabinet": true, "jeunesse": true, "enfance": true, "periscolaire": true, "cantine": true, "sig": true,
}

// namedEmail tells whether an address looks like that of a person: a first name
// in front, or an initial and a name.
func namedEmail(s string) bool {
	local, _, found := strings.Cut(strings.ToLower(s), "@")
	if !found || functional[local] {
		return false
	}
	parts := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for _, p := range parts {
		if functional[p] {
			return false
		}
	}
	if len(parts) == 2 && lettersOnly(parts[0]) && lettersOnly(parts[1]) {
		return firstNames()[parts[0]] || firstNames()[parts[1]] || len(parts[0]) == 1 || len(parts[1]) == 1
	}
	return len(parts) > 2 && firstNames()[parts[0]]
}
